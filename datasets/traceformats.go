package datasets

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"loadgate/internal/datafile"
	"loadgate/internal/llm"
)

// traceFormat is a form in which traces are published.
type traceFormat struct {
	file   datafile.Format // Unknown: as the name says
	unit   time.Duration   // of times that are numbers; 0 where they are times of day
	block  int             // tokens of a block, unless it is given; 0 where there are none
	spans  bool            // a row holds more than time and lengths, and is read again
	header bool            // a row may hold the headers that were sent with it
	member string          // of the file's one object, whose elements are the rows; "" = the file is rows
	fields []string        // names that `fields:` may change
	parse  func(o traceOptions, raw rawRow) (traceRow, error)
}

// traceFormats are the formats by the name that `format:` takes.
var traceFormats = map[string]traceFormat{
	"aiperf":        {unit: time.Millisecond, block: 512, spans: true, parse: parseAIPerf},
	"aiperf_inputs": {member: "data", spans: true, parse: parseInputs},
	"azure":         {file: datafile.CSV, parse: parseAzure},
	"bailian":       {unit: time.Second, block: 16, spans: true, parse: parseBailian},
	"bodies":        {unit: time.Second, spans: true, header: true, parse: parseBodies},
	"burstgpt":      {file: datafile.CSV, unit: time.Second, parse: parseBurstGPT},
	"mooncake":      {unit: time.Millisecond, block: 512, spans: true, parse: parseMooncake},
	"vllm_timed":    {unit: time.Second, block: 16, spans: true, fields: []string{"timestamp", "input_length", "output_length", "hash_ids"}, parse: parseVLLMTimed},
}

// read parses a row and applies what the configuration says of rows.
func (f traceFormat) read(o traceOptions, raw rawRow) (r traceRow, keep bool, err error) {
	raw.private = f.header && bytes.Contains(raw.text, []byte(`"headers"`))
	if ok, err := o.wanted(raw); !ok || err != nil {
		return r, false, err
	}
	r, err = f.parse(o, raw)
	if err != nil {
		return r, false, err
	}
	r.line, r.col = raw.line, raw.shown(raw.col)
	for i := range r.turns {
		t := &r.turns[i]
		if t.empty || (o.maxInput > 0 && t.input > o.maxInput) {
			return r, false, nil
		}
		if o.maxOutput > 0 {
			t.output = min(t.output, o.maxOutput)
		}
	}
	return r, true, nil
}

// wanted reports whether a row has the values that `only:` asks for.
func (o traceOptions) wanted(raw rawRow) (bool, error) {
	if len(o.only) == 0 {
		return true, nil
	}
	var row map[string]json.RawMessage
	if err := raw.unmarshal(&row); err != nil {
		return false, err
	}
	for name, want := range o.only {
		value, ok := row[name]
		if !ok {
			return false, raw.fault("only: the row has no %s", name)
		}
		if identifier(value) != want {
			return false, nil
		}
	}
	return true, nil
}

// given is a number that may be missing.
type given struct {
	number
	there bool
}

// UnmarshalJSON reads a number, a text that is one, or null.
func (g *given) UnmarshalJSON(b []byte) error {
	g.there = string(b) != "null" && string(b) != `""`
	return g.number.UnmarshalJSON(b)
}

// time makes a row's time of a number.
func (o traceOptions) time(raw rawRow, name string, g given) (time.Duration, error) {
	const most = float64(1 << 62) // 146 years
	ns := float64(g.number) * float64(o.unit)
	switch {
	case ns < 0:
		return 0, raw.fault("%s: %v: a time cannot be negative", name, float64(g.number))
	case ns > most:
		bad := raw.fault("%s: %v is too far off", name, float64(g.number))
		bad.hint = "numbers are taken as " + o.unitName() + ": set time_unit where they are something else"
		return 0, bad
	}
	return time.Duration(ns).Round(time.Microsecond), nil // what a float64 holds of a Unix time
}

func (o traceOptions) unitName() string {
	for name, unit := range timeUnits {
		if unit == o.unit {
			return name
		}
	}
	return o.unit.String()
}

// lengths makes a turn of two lengths, of which the input must be given. A row
// whose answer has no tokens is one that failed where it was recorded.
func lengths(raw rawRow, inName string, in given, outName string, out given) (t traceTurn, err error) {
	for _, g := range []struct {
		name string
		given
	}{{inName, in}, {outName, out}} {
		if !g.there {
			return t, raw.fault("the row has no %s", g.name)
		}
	}
	if t.input, err = raw.count(inName, in.number); err != nil {
		return t, err
	}
	if t.output, err = raw.count(outName, out.number); err != nil {
		return t, err
	}
	t.empty = t.input == 0 || t.output == 0
	return t, nil
}

// azureRow is a row of the Azure LLM inference traces of 2023 and 2024:
//
//	TIMESTAMP,ContextTokens,GeneratedTokens
//	2023-11-16 18:15:46.6805900,374,44
type azureRow struct {
	Timestamp string `json:"TIMESTAMP"`
	Context   given  `json:"ContextTokens"`
	Generated given  `json:"GeneratedTokens"`
}

// timesOfDay are the forms of times. Fractions may have any number of digits.
var timesOfDay = []string{time.DateTime, time.DateTime + "Z07:00", "2006-01-02T15:04:05", time.RFC3339}

// timeOfDay reads a time of this and the next century, of which the zone is UTC
// where it has none, as the time since 1970.
func timeOfDay(text string) (time.Duration, bool) {
	for _, form := range timesOfDay {
		if at, err := time.Parse(form, strings.TrimSpace(text)); err == nil {
			return time.Duration(at.UnixNano()), at.Year() >= 1970 && at.Year() <= 2200
		}
	}
	return 0, false
}

func parseAzure(_ traceOptions, raw rawRow) (r traceRow, err error) {
	var a azureRow
	if err := raw.unmarshal(&a); err != nil {
		return r, err
	}
	if strings.TrimSpace(a.Timestamp) == "" {
		return r, raw.fault("the row has no TIMESTAMP")
	}
	at, ok := timeOfDay(a.Timestamp)
	if !ok {
		return r, raw.fault("TIMESTAMP: %q is no time such as 2023-11-16 18:15:46.6805900", strings.TrimSpace(a.Timestamp))
	}
	t, err := lengths(raw, "ContextTokens", a.Context, "GeneratedTokens", a.Generated)
	return traceRow{at: at, timed: true, turns: []traceTurn{t}}, err
}

// burstRow is a row of BurstGPT. Later releases have sessions:
//
//	Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type
//	5.0,12,3.1,ChatGPT,472,18,490,Conversation log
type burstRow struct {
	Timestamp given           `json:"Timestamp"`
	Request   given           `json:"Request tokens"`
	Response  given           `json:"Response tokens"`
	Session   json.RawMessage `json:"Session ID"`
}

func parseBurstGPT(o traceOptions, raw rawRow) (r traceRow, err error) {
	var b burstRow
	if err := raw.unmarshal(&b); err != nil {
		return r, err
	}
	if !b.Timestamp.there {
		return r, raw.fault("the row has no Timestamp")
	}
	if r.at, err = o.time(raw, "Timestamp", b.Timestamp); err != nil {
		return r, err
	}
	t, err := lengths(raw, "Request tokens", b.Request, "Response tokens", b.Response)
	if !isNone(b.Session) {
		r.session = identifier(b.Session)
	}
	r.timed, r.turns = true, []traceTurn{t}
	return r, err
}

// isNone reports whether a value is not there, null or empty.
func isNone(raw json.RawMessage) bool {
	return len(raw) == 0 || string(raw) == "null" || string(raw) == `""`
}

// traceTurn is one request of a trace on its way to a prompt.
type traceTurn struct {
	request llm.Request   // with its prompt, messages or body where the trace has them
	media   []mediaSource // beside the prompt
	session string        // the trace's name for the session
	input   int           // tokens; 0 = not known
	output  int
	grows   bool // it is sent with what was said before
	empty   bool // it failed where it was recorded, and is of no use
}
