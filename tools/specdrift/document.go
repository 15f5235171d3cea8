package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxMarks bounds the memory that parsing takes. Every YAML node has one of these marks beside it, so their number
// bounds the number of nodes; upstream's document of 4 MB has 270 000.
const (
	marks    = ",:\n?[{&*-"
	maxMarks = 1_500_000
)

// document is one OpenAPI description.
type document struct {
	name   string // what messages call it
	text   []byte
	sha256 string
	root   *yaml.Node // the top mapping
	legacy bool       // spelled as OpenAPI 3.0
}

func parse(data []byte) (*document, error) {
	if err := checkText(data); err != nil {
		return nil, err
	}
	var top yaml.Node
	if err := yaml.Unmarshal(data, &top); err != nil {
		return nil, fmt.Errorf("is not YAML: %s", strings.ReplaceAll(err.Error(), "\n", " "))
	}
	if len(top.Content) == 0 {
		return nil, errors.New("is empty")
	}
	sum := sha256.Sum256(data)
	d := &document{name: "the document", text: data, sha256: hex.EncodeToString(sum[:]), root: top.Content[0]}
	return d, d.checkVersion()
}

// checkText refuses early what YAML would take for a document, or would take long to refuse.
func checkText(data []byte) error {
	text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	switch {
	case len(text) == 0:
		return errors.New("is empty")
	case text[0] == '<':
		return errors.New("is HTML or XML, not OpenAPI")
	case !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0:
		return errors.New("is not UTF-8 text")
	case text[0] != '{' && data[len(data)-1] != '\n':
		return errors.New("is truncated: its last line has no end")
	}
	var seen int
	for _, mark := range marks {
		seen += bytes.Count(data, []byte(string(mark)))
	}
	if seen > maxMarks {
		return fmt.Errorf("has more than %d marks of structure, too many to read safely", maxMarks)
	}
	return nil
}

func (d *document) checkVersion() error {
	if d.root.Kind != yaml.MappingNode {
		return errors.New("is not OpenAPI: the top is not a mapping")
	}
	version := lookUp(d.root, "openapi")
	switch {
	case version == nil && lookUp(d.root, "swagger") != nil:
		return errors.New("is Swagger 2.0, not OpenAPI 3")
	case version == nil:
		return errors.New(`is not OpenAPI, or is truncated: it has no "openapi"`)
	}
	parts := regexp.MustCompile(`^3\.([01])(\.\d+\S*)?$`).FindStringSubmatch(version.Value)
	if version.Kind != yaml.ScalarNode || parts == nil {
		return fmt.Errorf("is OpenAPI %.20q, and neither 3.0 nor 3.1", version.Value)
	}
	d.legacy = parts[1] == "0"
	for _, key := range []string{"info", "paths"} {
		if n := lookUp(d.root, key); n == nil || n.Kind != yaml.MappingNode {
			return fmt.Errorf("is not OpenAPI, or is truncated: it has no mapping %q", key)
		}
	}
	return nil
}

// lookUp is the value of a mapping's key, nil where there is none.
func lookUp(mapping *yaml.Node, key string) *yaml.Node {
	if i := indexOf(mapping, key); i >= 0 {
		return unalias(mapping.Content[i+1])
	}
	return nil
}

// indexOf is where a mapping's key stands in its content, -1 where it does not.
func indexOf(mapping *yaml.Node, key string) int {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return -1
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return i
		}
	}
	return -1
}

func unalias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
