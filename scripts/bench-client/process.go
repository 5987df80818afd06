//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// used is what a process has consumed.
type used struct {
	cpu  time.Duration
	wall time.Duration
	rss  int64 // bytes, the most
}

// pinned makes a command that runs on one core; -1: on all.
func pinned(core int, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	if core >= 0 {
		cmd = exec.Command("taskset", append([]string{"-c", strconv.Itoa(core), name}, args...)...)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // what keeps a core busy must not outlive us
	return cmd
}

// run runs a command to its end. A non-zero exit code that allowed names is no
// error.
func run(cmd *exec.Cmd, allowed ...int) (used, []byte, error) {
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	begin := time.Now()
	err := cmd.Run()
	u := used{wall: time.Since(begin)}
	if ps := cmd.ProcessState; ps != nil {
		u.cpu = ps.UserTime() + ps.SystemTime()
		u.rss = ps.SysUsage().(*syscall.Rusage).Maxrss << 10
		for _, code := range allowed {
			if ps.ExitCode() == code {
				err = nil
			}
		}
	}
	if err != nil {
		return u, nil, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, said.String())
	}
	return u, out.Bytes(), nil
}

// other is a server in another process.
type other struct {
	addr  string
	truth string
	in    io.Closer
	cmd   *exec.Cmd
}

func (b *bench) server() (*other, error) {
	o := &other{truth: filepath.Join(b.work, "truth.jsonl")}
	o.cmd = pinned(b.serverCore, b.self, "server", o.truth)
	o.cmd.Stderr = os.Stderr
	in, err := o.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := o.cmd.Start(); err != nil {
		return nil, err
	}
	o.in = in
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(err, o.stop())
	}
	o.addr = strings.TrimSpace(line)
	return o, nil
}

func (o *other) stop() error { return errors.Join(o.in.Close(), o.cmd.Wait()) }

// truths ends the server and gives what it says, by request id.
func (o *other) truths() (map[string]*truth, error) {
	if err := o.stop(); err != nil {
		return nil, err
	}
	f, err := os.Open(o.truth)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all := map[string]*truth{}
	for dec := json.NewDecoder(bufio.NewReader(f)); ; {
		t := &truth{}
		if err := dec.Decode(t); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if all[t.ID] != nil {
			return nil, fmt.Errorf("request %s arrived twice", t.ID)
		}
		all[t.ID] = t
	}
}

// hogs starts processes that keep a core busy, and ends them by stop.
func (b *bench) hogs(cores ...int) (stop func(), err error) {
	var cmds []*exec.Cmd
	stop = func() {
		for _, c := range cmds {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	}
	for _, core := range cores {
		c := pinned(core, b.self, "hog")
		if err := c.Start(); err != nil {
			stop()
			return nil, err
		}
		cmds = append(cmds, c)
	}
	return stop, nil
}

// hog keeps a core busy until it is killed, for ten minutes at the most.
func hog() {
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); {
	}
}
