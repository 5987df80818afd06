package datasets

import (
	"encoding/json"
	"slices"
	"strconv"
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

// verbatimRow is a row of evalscope's workload_trace. Headers are those of the
// recorded client, and are not sent.
//
//	{"body":{"model":"m","messages":[{"role":"user","content":"hi"}]},"timestamp":1700000000.0,"request_id":"r1","completion_tokens":256}
type verbatimRow struct {
	Body       json.RawMessage `json:"body"`
	Timestamp  given           `json:"timestamp"`
	ID         json.RawMessage `json:"request_id"`
	Completion given           `json:"completion_tokens"`
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
	if t.request.Body, err = bodyOf(raw, "body", v.Body); err != nil {
		return r, err
	}
	if !isNone(v.ID) {
		t.session = identifier(v.ID)
	}
	if t.output, err = raw.count("completion_tokens", v.Completion.number); err != nil {
		return r, err
	}
	if v.Timestamp.there {
		r.timed = true
		if r.at, err = o.time(raw, "timestamp", v.Timestamp); err != nil {
			return r, err
		}
	}
	r.turns = []traceTurn{t}
	return r, nil
}
