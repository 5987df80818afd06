package calibrate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"loadgate/internal/rawserver"
)

// Machinery is what a calibration needs of the outside.
type Machinery struct {
	// Serve starts a server in another process. stop ends it and returns what it
	// says of every request.
	Serve func(ctx context.Context) (url string, stop func() ([]rawserver.Truth, error), err error)
	// Run has the binary run a scenario into a directory.
	Run func(ctx context.Context, scenario, dir string) error
	// Tell is told of each rung that has been run; may be nil.
	Tell func(Reading)
}

// Run climbs a ladder in a scratch directory. Each kind of rungs ends with the
// first that does not hold. An error means that a rung could not be run at all.
func Run(ctx context.Context, ladder []Rung, scratch string, m Machinery) (*Calibration, error) {
	c := &Calibration{Format: format, At: time.Now().UTC()}
	var over []string // kinds that have come to their end
	for i, r := range ladder {
		if slices.Contains(over, r.Kind) {
			continue
		}
		reading, err := climb(ctx, r, filepath.Join(scratch, fmt.Sprint(i)), m)
		if err != nil {
			return nil, fmt.Errorf("rung %s %d %g: %w", r.Kind, r.Streams, r.Rate, err)
		}
		if m.Tell != nil {
			m.Tell(reading)
		}
		c.Rungs = append(c.Rungs, reading)
		if reading.Verdict != Holds {
			over = append(over, r.Kind)
		}
	}
	c.summarise()
	return c, nil
}

func climb(ctx context.Context, r Rung, dir string, m Machinery) (Reading, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Reading{}, err
	}
	url, stop, err := m.Serve(ctx)
	if err != nil {
		return Reading{}, err
	}
	file, out := filepath.Join(dir, "rung.yaml"), filepath.Join(dir, "run")
	err = os.WriteFile(file, []byte(r.scenario(url)), 0o600)
	if err == nil {
		err = m.Run(ctx, file, out)
	}
	truths, stopErr := stop()
	if err := errors.Join(err, stopErr); err != nil {
		return Reading{}, err
	}
	return read(r, out, truths)
}
