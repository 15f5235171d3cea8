package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// unknown stands in info.x-upstream for what the command line did not tell of a new document.
const unknown = "unknown"

// write brings the project's document in step, and writes nothing unless the result reads back as in step. A
// document that is in step already stays as it is, byte for byte, unless a commit or a date is given for it.
func write(s settings, ours, theirs *document, pairs []pair, changed bool) error {
	if !changed && s.commit == "" && s.date == "" {
		return nil
	}
	if isURL(s.spec) || ours.legacy {
		return fmt.Errorf("%s: cannot be written: only a file of OpenAPI 3.1 can", ours.name)
	}
	text, err := update(s, ours, theirs, pairs)
	if err != nil {
		return fmt.Errorf("%s: cannot be brought in step by itself, and nothing is written: %w", ours.name, err)
	}
	if err := replaceFile(s.spec, text); err != nil {
		return fmt.Errorf("%s: %w", ours.name, unwrapPath(err))
	}
	return nil
}

func update(s settings, ours, theirs *document, pairs []pair) ([]byte, error) {
	root, err := mergeDocument(ours, theirs, pairs)
	if err != nil {
		return nil, err
	}
	setProvenance(root, s, theirs.sha256)
	text, err := splice(ours.text, ours.root, root)
	if err != nil {
		return nil, err
	}
	return text, verify(text, theirs)
}

// verify reads the new document as the next run will.
func verify(text []byte, theirs *document) error {
	d, err := parse(text)
	if err != nil {
		return err
	}
	pairs, err := trim(d, theirs)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if facts := differences(p.ours.tree, p.theirs.tree); len(facts) > 0 {
			return fmt.Errorf("%s: %s is beyond it", p, facts[0].place)
		}
	}
	return nil
}

// setProvenance names the document that openapi.yaml now agrees with. What the new document's commit and date are
// cannot be read from it, and the old ones no longer hold.
func setProvenance(root *yaml.Node, s settings, sha256 string) {
	upstream := lookUp(lookUp(root, "info"), "x-upstream")
	if upstream == nil || upstream.Kind != yaml.MappingNode {
		return
	}
	same := lookUp(upstream, "sha256") != nil && lookUp(upstream, "sha256").Value == sha256
	for _, field := range []struct{ key, value string }{{"commit", s.commit}, {"date", s.date}} {
		switch {
		case field.value != "":
			put(upstream, field.key, text(field.value))
		case !same && lookUp(upstream, field.key) != nil:
			put(upstream, field.key, text(unknown))
		}
	}
	put(upstream, "sha256", text(sha256))
}

// replaceFile leaves the old file or the new one, whatever happens between.
func replaceFile(name string, text []byte) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
