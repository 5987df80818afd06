package pipeline

import (
	"context"
	"encoding/json"
	"fmt"

	"loadgate/backends"
)

// StartSimulator starts a calibrated server for a configuration and returns its
// base URL. It runs until stop is called.
type StartSimulator func(ctx context.Context, config json.RawMessage) (baseURL string, stop func(), err error)

// simulators keeps the servers that the run itself has started: one for each
// backend's name, replaced when a cell changes its configuration.
type simulators struct {
	start   StartSimulator
	running map[string]simulator
}

type simulator struct {
	config string
	url    string
	stop   func()
}

// connect makes sure that a cell's simulator runs and tells its backend where.
// Other backends are left alone.
func (s *simulators) connect(ctx context.Context, c *Cell) error {
	spawned, ok := c.Backend.(backends.Spawner)
	if !ok {
		return nil
	}
	config := spawned.ServerConfig()
	now, ok := s.running[c.BackendName]
	if ok && now.config == string(config) {
		spawned.Connect(now.url)
		return nil
	}
	if ok {
		now.stop()
		delete(s.running, c.BackendName)
	}
	url, stop, err := s.start(ctx, config)
	if err != nil {
		return fmt.Errorf("start the simulator of backend %s: %w", c.BackendName, err)
	}
	s.running[c.BackendName] = simulator{string(config), url, stop}
	spawned.Connect(url)
	return nil
}

// stopAll ends every server.
func (s *simulators) stopAll() {
	for _, r := range s.running {
		r.stop()
	}
}
