package schemas

import (
	"embed"
	"sync"
)

//go:embed *.json */*.json
var files embed.FS

// Scenario is the published schema of the scenario file, for editors and other
// validators.
func Scenario() []byte { return read("scenario.v1.schema.json") }

// Result is the schema of result.json.
func Result() []byte { return read("result.v1.schema.json") }

// Sample is the schema of one line of samples.jsonl.
func Sample() []byte { return read("sample.v1.schema.json") }

// Comparison is the schema of a comparison, as it stands in result.json and as
// compare prints it.
func Comparison() []byte { return read("comparison.v1.schema.json") }

// Baseline is the schema of a baseline file.
func Baseline() []byte { return read("baseline.v1.schema.json") }

// History is the schema of what history prints.
func History() []byte { return read("history.v1.schema.json") }

// Strict is the schema that loadgate itself checks a scenario against, after
// references to the environment have been resolved. It is composed once.
func Strict() []byte { return strict() }

var strict = sync.OnceValue(func() []byte {
	built, err := Compose(files)
	if err != nil {
		panic(err) // the fragments are part of the binary: a test composes them
	}
	return built.Strict
})

func read(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // the file is part of the binary
	}
	return b
}
