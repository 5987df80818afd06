package datasets

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"loadgate/internal/datafile"
	"loadgate/internal/diag"
)

// inputsRow is an element of AIPerf's inputs.json: the bodies of a session, each of
// which is sent as it is when the one before is answered.
//
//	{"data":[{"session_id":"s","payloads":[{"model":"m","messages":[{"role":"user","content":"Hi"}]}]}]}
type inputsRow struct {
	Session  json.RawMessage   `json:"session_id"`
	Payloads []json.RawMessage `json:"payloads"`
}

func parseInputs(_ traceOptions, raw rawRow) (r traceRow, err error) {
	var in inputsRow
	if err := raw.unmarshal(&in); err != nil {
		return r, err
	}
	const most = 1 << 15
	if len(in.Payloads) == 0 || len(in.Payloads) > most {
		return r, raw.fault("payloads: expected 1 to %d request bodies", most)
	}
	for i, body := range in.Payloads {
		var t traceTurn
		if t.request.Body, err = bodyOf(raw, "payload "+strconv.Itoa(i+1), body); err != nil {
			return r, err
		}
		if !isNone(in.Session) {
			t.session = identifier(in.Session)
		}
		r.turns = append(r.turns, t)
	}
	return r, nil
}

// bodyOf checks a request body. The result shares no memory with the row.
func bodyOf(raw rawRow, name string, body []byte) (json.RawMessage, error) {
	if body[0] != '{' {
		return nil, raw.fault("%s: expected a request body, an object", name)
	}
	return slices.Clone(body), nil
}

// verbatimRow is a row of evalscope's workload_trace. A body may be a text that
// holds one, and a timestamp a time of day. Headers are those of the recorded
// client: often its keys, and of no use to anybody else. They are not sent.
//
//	{"body":{"model":"m","messages":[{"role":"user","content":"hi"}]},"timestamp":1700000000.0,"request_id":"r1","completion_tokens":256}
//	{"body":"{\"prompt\":\"hi\"}","timestamp":"2024-01-01T00:00:00Z","headers":{"X-Tenant":"a"}}
type verbatimRow struct {
	Body       json.RawMessage            `json:"body"`
	Timestamp  json.RawMessage            `json:"timestamp"`
	Headers    map[string]json.RawMessage `json:"headers"`
	ID         json.RawMessage            `json:"request_id"`
	Completion given                      `json:"completion_tokens"`
}

func parseBodies(o traceOptions, raw rawRow) (r traceRow, err error) {
	var v verbatimRow
	if err := raw.unmarshal(&v); err != nil {
		return r, err
	}
	if isNone(v.Body) {
		return r, raw.fault("the row has no body")
	}
	var t traceTurn
	if t.request.Body, err = within(v.Body, '{'); err != nil {
		return r, raw.fault("body: %v", err)
	}
	if !isNone(v.ID) {
		t.session = identifier(v.ID)
	}
	if t.output, err = raw.count("completion_tokens", v.Completion.number); err != nil {
		return r, err
	}
	r.turns = []traceTurn{t}
	for name := range v.Headers {
		r.headers = append(r.headers, name)
	}
	return r, v.time(o, raw, &r)
}

// time sets when the row's request was sent.
func (v *verbatimRow) time(o traceOptions, raw rawRow, r *traceRow) (err error) {
	if isNone(v.Timestamp) {
		return nil
	}
	r.timed = true
	if v.Timestamp[0] == '"' {
		if at, ok := timeOfDay(textOf(v.Timestamp)); ok {
			r.at = at
			return nil
		}
	}
	var g given
	if g.UnmarshalJSON(v.Timestamp) != nil {
		return raw.fault("timestamp: %s is neither a number nor a time such as 2024-01-01T00:00:00Z", v.Timestamp)
	}
	r.at, err = o.time(raw, "timestamp", g)
	return err
}

// unsentHeaders gathers the headers of a trace's rows.
type unsentHeaders struct {
	rows  int
	line  int // of the first
	names map[string]bool
}

func (u *unsentHeaders) add(r *traceRow) {
	if len(r.headers) == 0 {
		return
	}
	if u.rows == 0 {
		u.line, u.names = r.line, map[string]bool{}
	}
	u.rows++
	for _, name := range r.headers {
		if len(u.names) < 100 {
			u.names[strings.ToLower(name)] = true
		}
	}
}

// warn says that they are not sent. Their values may be secrets: the row is named,
// and not quoted.
func (u *unsentHeaders) warn(s *section, d *dataFile) {
	if u.rows == 0 {
		return
	}
	const most = 5
	names := slices.Sorted(maps.Keys(u.names))
	what := strings.Join(names[:min(most, len(names))], ", ")
	if len(names) > most {
		what += ", …"
	}
	rows := "the row has headers that were recorded and are not sent"
	if u.rows > 1 {
		rows = fmt.Sprintf("from here on, %d rows have headers that were recorded and are not sent", u.rows)
	}
	at := diag.Pos{File: d.name, Line: u.line}
	if d.Format == datafile.Parquet {
		at.Line, rows = 0, fmt.Sprintf("row %d: %s", u.line, rows)
	}
	s.list.Warnf(at, 1, "the backend's own headers are sent with every request", "%s: %s", rows, what)
}
