package foreign

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"loadgate/internal/result"
	"loadgate/internal/yamlpos"
)

// File is a file of another tool.
type File struct {
	Name string // for errors
	Data []byte
}

// Options say how files are read.
type Options struct {
	Format   string // one of Formats; "" = told from the content
	Loadgate string // version of this program
}

// format is a kind of file.
type format struct {
	name, tool string
	is         func(n node) bool // told from the keys at the top; never an error
	runs       func(n node) []*run
}

// formats are asked in this order.
var formats = []format{
	{"guidellm", "GuideLLM", isGuideLLM, guideLLM},
	{"llm_d", "llm-d benchmark report", isLLMD, llmd},
	{"inference_perf", "inference-perf", isInferencePerf, inferencePerf},
	{"serving_perf_eval", "serving_perf_eval", isServing, serving},
	{"sglang_bench", "sglang bench_serving", isSGLang, sglang},
	{"vllm_bench", "vllm bench serve", isVLLM, vllm},
	{"aiperf", "AIPerf", isAIPerf, aiperf},
}

// Formats lists the names of the formats.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Read makes one document of files, and says of each cell what of them it leaves
// out. Errors name the file and the place in it. A file that holds something
// that no format claims, or half of a value, is an error as a whole.
func Read(files []File, o Options) (*result.Document, []string, error) {
	var runs []*run
	sum := sha256.New()
	for _, f := range files {
		found, err := read(f, o.Format)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		runs = append(runs, found...)
		sum.Write(f.Data)
	}
	if len(runs) == 0 {
		return nil, nil, errors.New("the files hold no result")
	}
	doc := document("import-"+hex.EncodeToString(sum.Sum(nil))[:12], o.Loadgate, runs)
	var notes []string
	seen := map[string]bool{}
	for _, r := range runs {
		for _, n := range r.notes {
			if n = r.tool + ": " + n; !seen[n] {
				seen[n] = true
				notes = append(notes, n)
			}
		}
	}
	return doc, notes, nil
}

func read(f File, want string) ([]*run, error) {
	values, err := decode(f)
	if err != nil {
		return nil, err
	}
	var runs []*run
	for i, v := range values {
		var errs []error
		n := node{v: v, errs: &errs}
		if len(values) > 1 {
			n.path = fmt.Sprintf("result %d", i+1)
		}
		kind, err := formatOf(n, want)
		if err != nil {
			return nil, err
		}
		found := kind.runs(n)
		if len(errs) > 0 {
			return nil, fmt.Errorf("%s result: %w", kind.tool, errs[0])
		}
		runs = append(runs, found...)
	}
	if len(runs) == 0 {
		return nil, errors.New("it holds no result")
	}
	return runs, nil
}

func formatOf(n node, want string) (*format, error) {
	for i := range formats {
		f := &formats[i]
		switch {
		case want != "" && f.name != want:
		case f.is(n):
			return f, nil
		case want != "":
			return nil, fmt.Errorf("%sis no result of %s: the keys that tell it are missing", prefix(n), f.tool)
		}
	}
	if want != "" {
		return nil, fmt.Errorf("unknown format %q: choose among %s", want, strings.Join(Formats(), ", "))
	}
	return nil, fmt.Errorf("%s%s is no result that is known (formats: %s)", prefix(n), describe(n.v), strings.Join(Formats(), ", "))
}

func prefix(n node) string {
	if n.path == "" {
		return ""
	}
	return n.path + ": "
}

// decode reads a file's values: those of JSON, one or several in a row, the
// items of a list at the top, the documents of a YAML file, the rows of a
// workbook.
func decode(f File) ([]any, error) {
	switch {
	case bytes.HasPrefix(f.Data, []byte("PK\x03\x04")):
		return workbookRows(f.Data)
	case len(bytes.TrimSpace(f.Data)) == 0:
		return nil, errors.New("the file is empty")
	}
	if first := bytes.TrimSpace(f.Data)[0]; first == '{' || first == '[' {
		return decodeJSON(f.Data)
	}
	return decodeYAML(f)
}

func decodeJSON(data []byte) ([]any, error) {
	data = plainJSON(data)
	var values []any
	dec := json.NewDecoder(bytes.NewReader(data))
	for {
		var v any
		err := dec.Decode(&v)
		switch {
		case errors.Is(err, io.EOF):
			return values, nil
		case err != nil:
			at := dec.InputOffset()
			if s, ok := errors.AsType[*json.SyntaxError](err); ok {
				at = s.Offset
			}
			line := 1 + bytes.Count(data[:min(int(at), len(data))], []byte("\n"))
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		if list, ok := v.([]any); ok {
			values = append(values, list...)
		} else {
			values = append(values, v)
		}
	}
}

// plainJSON replaces the numbers that Python writes and JSON lacks, outside of
// texts: NaN by null, Infinity by the text "inf". Lines stay lines.
func plainJSON(data []byte) []byte {
	if !bytes.Contains(data, []byte("NaN")) && !bytes.Contains(data, []byte("Infinity")) {
		return data
	}
	out := make([]byte, 0, len(data))
	inText := false
	for i := 0; i < len(data); i++ {
		rest := data[i:]
		switch {
		case inText && data[i] == '\\' && i+1 < len(data):
			out = append(out, data[i])
			i++
		case data[i] == '"':
			inText = !inText
		case inText:
		case bytes.HasPrefix(rest, []byte("NaN")):
			out, i = append(out, "null"...), i+len("NaN")-1
			continue
		case bytes.HasPrefix(rest, []byte("-Infinity")):
			out, i = append(out, `"-inf"`...), i+len("-Infinity")-1
			continue
		case bytes.HasPrefix(rest, []byte("Infinity")):
			out, i = append(out, `"inf"`...), i+len("Infinity")-1
			continue
		}
		out = append(out, data[i])
	}
	return out
}

// decodeYAML reads the documents of a YAML file, each as JSON where it is JSON.
func decodeYAML(f File) ([]any, error) {
	var values []any
	for _, doc := range splitDocuments(f.Data) {
		text := bytes.TrimSpace(doc)
		switch {
		case len(text) == 0:
			continue
		case text[0] == '{':
			more, err := decodeJSON(doc)
			if err != nil {
				return nil, err
			}
			values = append(values, more...)
			continue
		}
		root, list := yamlpos.Parse(f.Name, doc, nil)
		if err := list.Err(); err != nil {
			return nil, err
		}
		values = append(values, root.Any())
	}
	return values, nil
}

// splitDocuments splits at lines of three dashes, and keeps the lines before
// each document as empty ones, so that errors count right.
func splitDocuments(data []byte) [][]byte {
	var docs [][]byte
	var doc []byte
	for i, line := range bytes.SplitAfter(data, []byte("\n")) {
		if string(bytes.TrimRight(line, " \r\n")) == "---" {
			docs = append(docs, doc)
			doc = bytes.Repeat([]byte("\n"), i+1)
			continue
		}
		doc = append(doc, line...)
	}
	return append(docs, doc)
}
