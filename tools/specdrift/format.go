package main

import (
	"slices"
	"strings"
)

// acceptedFormat is the field of openapi.yaml that records upstream's own spelling of a format, where openapi.yaml keeps
// the registered one so that the generated types stay.
const acceptedFormat = "x-upstream-format"

// formats judges a format that comes, goes or changes. A registered format promises what a value looks like, so one
// that is taken up narrows what may be sent, and one that is given up widens what must be read. Any other, such as jwt,
// is an annotation: it promises nothing.
//
// "datetime", which upstream has used for date-time, is another spelling of the registered name: the same timestamps
// are on the wire, so it is worth a look and breaks nobody.
func formats(f fact) judgement {
	ours, theirs := spelling(f.ours), spelling(f.theirs)
	from, to := promise(f.within[0], ours), promise(f.within[1], theirs)
	switch {
	case ours == theirs:
		return judgement{compatible, "format", "another spelling of the same format"}
	case from == to:
		return judgement{compatible, "format", "an annotation, which promises nothing"}
	case narrows(from, to) && f.side != request, narrows(to, from) && f.side == request:
		return judgement{compatible, "format", "every value that was good before is good still"}
	case f.side == request:
		return judgement{breaking, "format", "values that were good to send may be refused"}
	default:
		return judgement{breaking, "format", "values may arrive that do not parse"}
	}
}

func spelling(format any) string {
	name, _ := format.(string)
	switch strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name)) {
	case "datetime":
		return "date-time"
	default:
		return name
	}
}

// promise is what a format says of the values of a schema's type; the empty promise is any value.
func promise(s map[string]any, format string) string {
	wanted := map[string]string{
		"int8": "integer", "int16": "integer", "int32": "integer", "uint8": "integer", "uint16": "integer", "uint32": "integer",
		"uint64": "integer", "float": "number",
		"date-time": "string", "date": "string", "time": "string", "duration": "string", "uuid": "string",
		"email": "string", "idn-email": "string", "hostname": "string", "idn-hostname": "string",
		"ipv4": "string", "ipv6": "string", "uri": "string", "uri-reference": "string", "uri-template": "string",
		"iri": "string", "iri-reference": "string", "json-pointer": "string", "relative-json-pointer": "string",
		"regex": "string", "byte": "string", "binary": "string", "base64url": "string",
	}[format]
	if wanted == "" || !hasType(s, wanted) {
		return ""
	}
	return format
}

func hasType(s map[string]any, name string) bool {
	types, isList := s["type"].([]any)
	if !isList {
		types = []any{s["type"]}
	}
	for _, t := range types {
		if t == name || t == nil {
			return true
		}
	}
	return false
}

// narrows tells whether every value of the second promise keeps the first too.
func narrows(from, to string) bool {
	wider := map[string][]string{
		"int8": {"int16", "int32"}, "int16": {"int32"}, "uint8": {"uint16", "uint32", "uint64"},
		"uint16": {"uint32", "uint64"}, "uint32": {"uint64"}, "uri": {"uri-reference", "iri", "iri-reference"},
	}
	if from == "" {
		return true
	}
	return slices.Contains(wider[to], from)
}
