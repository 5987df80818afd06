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
// configuration of a backend, as long as its cells follow each other.
type simulators struct {
	start   StartSimulator
	running map[simulatorKey]simulator
}

type simulatorKey struct{ backend, config string }

type simulator struct {
	url  string
	stop func()
}

// connect makes sure that the simulators of a unit run and tells its backends
// where. Those of the same backends with another configuration are ended; other
// backends are left alone.
func (s *simulators) connect(ctx context.Context, u unit) error {
	needed, names := map[simulatorKey]bool{}, map[string]bool{}
	for _, m := range u {
		if spawned, ok := m.Backend.(backends.Spawner); ok {
			needed[simulatorKey{m.BackendName, string(spawned.ServerConfig())}] = true
			names[m.BackendName] = true
		}
	}
	for key, now := range s.running {
		if names[key.backend] && !needed[key] {
			now.stop()
			delete(s.running, key)
		}
	}
	for _, m := range u {
		if spawned, ok := m.Backend.(backends.Spawner); ok {
			if err := s.connectOne(ctx, m.BackendName, spawned); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *simulators) connectOne(ctx context.Context, backend string, spawned backends.Spawner) error {
	config := spawned.ServerConfig()
	key := simulatorKey{backend, string(config)}
	now, ok := s.running[key]
	if !ok {
		url, stop, err := s.start(ctx, config)
		if err != nil {
			return fmt.Errorf("start the simulator of backend %s: %w", backend, err)
		}
		now = simulator{url, stop}
		s.running[key] = now
	}
	spawned.Connect(now.url)
	return nil
}

// stopAll ends every server.
func (s *simulators) stopAll() {
	for _, r := range s.running {
		r.stop()
	}
	clear(s.running)
}
