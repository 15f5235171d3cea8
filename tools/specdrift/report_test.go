package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestJSONHoldsEveryChange(t *testing.T) {
	t.Parallel()
	got := against(t, replaced(t, fixture(t, "upstream.yaml"), "maximum: 3.6e3", "maximum: 1800"), "--format", "json")
	require.Equal(t, int(breaking), got.status)
	require.True(t, strings.HasPrefix(got.stdout, `{"verdict":"changed, breaking"`))
	var report struct {
		Verdict string
		Changes []map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &report))
	require.Len(t, report.Changes, 1)
	require.Equal(t, map[string]any{
		"level": "breaking", "operation": "OpenBox", "method": "POST", "path": "/boxes/{box_id}/open", "side": "request",
		"where":   "request body, application/json, ttl_secs, maximum",
		"pointer": "/requestBody/content/application~1json/schema/properties/ttl_secs/maximum", "upstream": 1800.0, "openapi": 3600.0,
		"reason": report.Changes[0]["reason"], "rule": "request-property-max-decreased",
	}, report.Changes[0])
}

func TestJSONInStepHasAnEmptyList(t *testing.T) {
	t.Parallel()
	got := against(t, fixture(t, "upstream.yaml"), "-format=json")
	require.Equal(t, outcome{stdout: `{"verdict":"in step","changes":[]}` + "\n"}, got)
}

func TestJSONCarriesAFailure(t *testing.T) {
	t.Parallel()
	got := against(t, "", "-format=json")
	require.Equal(t, exitUnreadable, got.status)
	var report map[string]string
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &report))
	require.Contains(t, report["error"], "is empty")
	require.Empty(t, got.stderr)
}

func TestGitHubAnnotations(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ old, fresh, first, second string }{
		"in step":    {"x-cost: low", "x-cost: high", "::notice file=openapi.yaml,title=spec drift::in step", ""},
		"compatible": {"maximum: 3.6e3", "maximum: 7200", "::warning file=openapi.yaml,title=spec drift::changed, compatible", "::warning file=openapi.yaml,title=POST /boxes/{box_id}/open (OpenBox)::request body"},
		"breaking":   {"maximum: 3.6e3", "maximum: 1800", "::error file=openapi.yaml,title=spec drift::changed, breaking", "::error file=openapi.yaml,title=POST /boxes/{box_id}/open (OpenBox)::request body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := against(t, replaced(t, fixture(t, "upstream.yaml"), tc.old, tc.fresh), "-format=github")
			first, second, _ := strings.Cut(got.stdout, "\n")
			require.Equal(t, tc.first, first)
			require.True(t, strings.HasPrefix(second, tc.second), second)
		})
	}
	got := against(t, "<html>\n", "-format=github")
	require.Equal(t, exitUnreadable, got.status)
	require.True(t, strings.HasPrefix(got.stdout, "::error file=openapi.yaml,title=spec drift::"), got.stdout)
}

func TestNothingFromUpstreamCanForgeALine(t *testing.T) {
	t.Parallel()
	evil := "a\n::error::forged%0A\r,\u001b[2J\u202eb"
	c := change{
		operation: operation{id: evil, method: "get", path: "/x"}, level: compatible,
		place: place{head: []string{evil}}, ours: evil, theirs: absent{}, rule: "r",
	}
	for _, format := range []string{formatText, formatGitHub} {
		var out bytes.Buffer
		require.NoError(t, report(&out, format, []change{c}))
		require.Equal(t, 2, strings.Count(out.String(), "\n"), out.String())
		require.NotContains(t, out.String(), "\u001b")
		require.NotContains(t, out.String(), "\u202e")
		if format == formatGitHub {
			require.Equal(t, "::warning file=openapi.yaml,title=GET /x (a�%3A%3Aerror%3A%3Aforged%250A�%2C�[2J�b)"+
				"::a�::error::forged%250A�,�[2J�b: upstream says nothing, openapi.yaml says "+
				`"a\n::error::forged%250A\r,\u001b[2J�b";  [r]`, strings.Split(out.String(), "\n")[1])
		}
	}
}

func TestLongValuesAreCutShort(t *testing.T) {
	t.Parallel()
	require.Less(t, len(say("", strings.Repeat("x", 10_000))), 200)
	require.Equal(t, "http bearer or apiKey header K with oauth2 [\"a\"]", say("security", []any{
		map[string]any{"http bearer": []any{}}, map[string]any{"apiKey header K": []any{}, "oauth2": []any{"a"}},
	}))
}
