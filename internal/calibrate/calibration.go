package calibrate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"loadgate/internal/result"
	"loadgate/scenario"
)

// format is the version of the stored form.
const format = 1

// Calibration is what the rungs say together.
type Calibration struct {
	Format  int       `json:"format"`
	At      time.Time `json:"at"`
	Machine Machine   `json:"machine"`
	Build   string    `json:"build"`
	Rungs   []Reading `json:"rungs"`

	Streams         int           `json:"streams"`                 // the largest number at which the numbers hold; 0: none
	Rate            float64       `json:"rate_per_s"`              // requests per second, likewise
	EventsPerSecond result.Number `json:"events_per_s"`            // of that number of streams
	CPUPerEventUS   result.Number `json:"cpu_per_event_us"`        // as fast as the server writes
	BytesPerStream  result.Number `json:"memory_bytes_per_stream"` // what each further stream takes
}

// Machine is where a calibration holds.
type Machine struct {
	Host  string  `json:"host"`
	CPU   string  `json:"cpu"`
	Cores float64 `json:"cores"`
}

// summarise fills in what follows from the rungs.
func (c *Calibration) summarise() {
	c.EventsPerSecond, c.CPUPerEventUS, c.BytesPerStream = result.None(), result.None(), result.None()
	var first, last *Reading
	for i := range c.Rungs {
		r := &c.Rungs[i]
		switch {
		case r.Kind == Bulk:
			c.CPUPerEventUS = r.CPUPerEventUS
		case r.Verdict != Holds:
		case r.Kind == Streams:
			c.Streams, c.EventsPerSecond = max(c.Streams, r.Streams), r.EventsPerSecond
		case r.Kind == Rate:
			c.Rate = max(c.Rate, r.Rate)
		}
		if r.Kind == Streams {
			if first == nil {
				first = r
			}
			last = r
		}
	}
	if last != nil && last.Streams > first.Streams {
		c.BytesPerStream = result.Number(float64(last.RSSBytes-first.RSSBytes) / float64(last.Streams-first.Streams))
	}
}

// Beyond says in words how a load lies beyond what was calibrated, "" if it does
// not, or if no rung held: then nothing is known.
func (c *Calibration) Beyond(l *scenario.Load) string {
	when := c.At.Format(time.DateOnly)
	slots := l.Slots()
	switch {
	case l.Open() && !l.Unlimited() && c.Rate > 0 && l.Rate > c.Rate:
		return fmt.Sprintf("%g requests/s are more than the %g/s at which loadgate's numbers were found to hold on this machine (%s)", l.Rate, c.Rate, when)
	case (!l.Open() || l.Unlimited()) && c.Streams > 0 && slots > c.Streams:
		return fmt.Sprintf("%d streams are more than the %d at which loadgate's numbers were found to hold on this machine (%s)", slots, c.Streams, when)
	}
	return ""
}

var oddName = regexp.MustCompile(`[^A-Za-z0-9.-]+`)

// file is where a machine's calibration lies, below the user's cache directory.
func file(host string) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "loadgate", "calibration-"+oddName.ReplaceAllString(host, "_")+".json"), nil
}

// Save stores the calibration in place of an earlier one and says where.
func (c *Calibration) Save() (string, error) {
	name, err := file(c.Machine.Host)
	if err != nil {
		return "", err
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return "", err
	}
	next := name + ".new"
	if err := os.WriteFile(next, append(b, '\n'), 0o600); err != nil {
		return "", err
	}
	return name, os.Rename(next, name)
}

// Stored is the calibration of this machine and build, nil where there is none:
// never made, made by another build, or not to be read.
func Stored(m Machine, build string) *Calibration {
	name, err := file(m.Host)
	if err != nil {
		return nil
	}
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var c Calibration
	if err != nil || json.Unmarshal(b, &c) != nil || c.Format != format || c.Machine != m || c.Build != build {
		return nil
	}
	return &c
}
