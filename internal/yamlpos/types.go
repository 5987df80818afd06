package yamlpos

import (
	"encoding/json"
	"fmt"
	"time"
)

// Duration is a time.Duration that is written 500ms, 1m30s, 2h.
type Duration time.Duration

// D is the duration as Go's own type.
func (d Duration) D() time.Duration { return time.Duration(d) }

// MarshalJSON writes the duration as it is written in a scenario.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

func (d *Duration) setText(text string) error {
	v, err := time.ParseDuration(text)
	if err != nil || v < 0 {
		return fmt.Errorf("%q is no duration", text)
	}
	*d = Duration(v)
	return nil
}

// Secret is a value that came from the environment and must not be seen: it
// prints as *** and is stored as its reference. The zero Secret is unset.
type Secret struct {
	value string
	ref   string
}

// NewSecret makes a secret outside a scenario, for example from a well-known
// environment variable; ref is how it may be shown.
func NewSecret(value, ref string) Secret { return Secret{value, ref} }

// Reveal gives the value itself, for a request's header and for redaction only.
func (s Secret) Reveal() string { return s.value }

// Set reports whether there is a value.
func (s Secret) Set() bool { return s.value != "" }

// String hides the value from every format verb.
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return "***"
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalJSON stores the reference.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.ref) }
