package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"loadgate/internal/sim"
	"loadgate/internal/tokens"
	"loadgate/internal/wire"
	"loadgate/internal/yamlpos"
)

func (a *app) simulateCommand() *cobra.Command {
	var listen, config, truth string
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Serve a calibrated imitation of an inference server",
		Long: `simulate serves the OpenAI API (chat and text completions) as an inference server
with continuous batching would: the time to the first token grows with the
prompt and the queue, the time between tokens with the batch. Faults come as the
configuration says, by a seed. It runs until it is interrupted, or until its
standard input ends with --until-eof.`,
		Example: `  loadgate simulate --listen 127.0.0.1:8000
  echo '{itl: 20ms, audit_rate: 0.05}' | loadgate simulate --config - --truth truth.jsonl`,
		Args: cobra.NoArgs,
	}
	untilEOF := c.Flags().Bool("until-eof", false, "end when standard input ends (for a parent process)")
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8000", "address to listen on: host:port, of which port 0 is a free one, or unix:///path")
	c.Flags().StringVar(&config, "config", "", "YAML or JSON file with the server's model (- is standard input)")
	c.Flags().StringVar(&truth, "truth", "", "file to which one JSON line per request is written: what really happened")
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := a.simulatorConfig(config)
		if err != nil {
			return err
		}
		return a.simulate(c.Context(), cfg, listen, truth, *untilEOF)
	}
	return c
}

// simulatorConfig reads a configuration file; YAML, of which JSON is a part.
func (a *app) simulatorConfig(file string) (sim.Config, error) {
	if file == "" {
		return sim.DefaultConfig(), nil
	}
	src, err := a.read(file)
	if err != nil {
		return sim.Config{}, usageErrorf("--config: %w", err)
	}
	node, list := yamlpos.Parse(file, src, a.env)
	if err := a.mistakes(list, map[string][]byte{file: src}); err != nil {
		return sim.Config{}, err
	}
	doc, err := json.Marshal(node.Any())
	if err != nil {
		return sim.Config{}, usageErrorf("--config %s: %w", file, err)
	}
	cfg, err := sim.ParseConfig(doc)
	if err != nil {
		return sim.Config{}, usageErrorf("--config %s: %w", file, err)
	}
	return cfg, nil
}

// read reads a file, or standard input for "-".
func (a *app) read(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(a.in)
	}
	return os.ReadFile(file)
}

func (a *app) simulate(ctx context.Context, cfg sim.Config, listen, truth string, untilEOF bool) (err error) {
	ctx, cancel := signal.NotifyContext(orBackground(ctx), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	var record io.Writer
	if truth != "" {
		f, err := os.Create(truth)
		if err != nil {
			return usageErrorf("--truth: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		record = f
	}
	l, url, err := listenAt(listen)
	if err != nil {
		return failure(fmt.Errorf("--listen: %w", err))
	}
	server := sim.New(cfg, countTokens(), record)
	web := &http.Server{Handler: server, ReadHeaderTimeout: 10 * time.Second, Protocols: new(http.Protocols)}
	web.Protocols.SetHTTP1(true)
	web.Protocols.SetUnencryptedHTTP2(true)
	if a.json {
		err = a.writeJSON(map[string]any{"url": url, "pid": os.Getpid(), "models": cfg.Model})
	} else {
		_, err = fmt.Fprintf(a.out, "simulating %s at %s (Ctrl-C ends it)\n", cfg.Model[0], url)
	}
	if err != nil {
		return failure(err)
	}
	if untilEOF {
		go func() { // ends with standard input
			_, _ = io.Copy(io.Discard, a.in)
			cancel()
		}()
	}
	go func() { // ends when the server is asked to
		<-ctx.Done()
		_ = server.Close() // answers under way break off, so that Shutdown need not wait
		_ = web.Close()
	}()
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return failure(err)
	}
	return server.Close()
}

// listenAt listens at host:port, or on the socket of a unix:// address, and says
// by which URL a client finds it.
func listenAt(address string) (net.Listener, string, error) {
	if socket, _, ok := wire.SplitUnix(address); ok {
		l, err := net.Listen("unix", socket)
		return l, address, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, "", err
	}
	return l, "http://" + l.Addr().String(), nil
}

// countTokens counts prompts as the datasets do by default, so that usage agrees
// with what was asked for. The vocabulary is loaded by the first request.
func countTokens() func(string) int {
	return func(text string) int {
		m, err := tokens.Open(defaultTokenizer)
		if err != nil {
			panic("simulate: " + err.Error()) // the encoding is built in
		}
		return m.Count(text)
	}
}

// defaultTokenizer is the encoding in which the simulator counts.
const defaultTokenizer = "cl100k_base"

func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
