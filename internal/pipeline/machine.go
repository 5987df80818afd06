package pipeline

import (
	"os"
	"runtime"
	"strconv"
	"strings"

	"loadgate/internal/result"
	"loadgate/internal/wire"
	"loadgate/internal/yamlpos"
)

// Machine describes where the run happens and whose receive stamps it can have.
// What cannot be found out is left empty.
func Machine(env yamlpos.Lookup, clock string) result.Environment {
	e := result.Environment{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version(), Clock: clock,
		Cores: float64(runtime.GOMAXPROCS(0)), CI: ciSystem(env), Commit: commitUnderTest(env),
	}
	e.Host, _ = os.Hostname()
	e.Kernel = firstLine("/proc/sys/kernel/osrelease")
	e.CPU = fieldOf("/proc/cpuinfo", "model name")
	if kib := strings.Fields(fieldOf("/proc/meminfo", "MemTotal")); len(kib) > 0 {
		if n, err := strconv.ParseInt(kib[0], 10, 64); err == nil {
			e.MemoryMiB = n >> 10
		}
	}
	return e
}

// Who stamps what is received.
const (
	clockUser   = "user"   // loadgate, when the read returns
	clockKernel = "kernel" // the kernel, when the bytes arrive
)

// receiveClock finds out who will stamp in this process. The kernel goes on doing
// it until release is called.
func receiveClock() (name string, release func()) {
	on, release := wire.KernelStamps()
	if on {
		return clockKernel, release
	}
	return clockUser, release
}

// clockUsed is who did stamp: the kernel if any event has its stamp. A unix socket
// has none, whatever the machine can do. Where nothing came, it is as planned.
func clockUsed(cells []*result.Cell, planned string) string {
	clock := planned
	for _, c := range cells {
		for _, r := range c.Repeats {
			switch {
			case r.Client.LagP99MS.Ok():
				return clockKernel
			case r.Counts.Completed > 0:
				clock = clockUser
			}
		}
	}
	return clock
}

// ciSystem names the CI system by the variable that it sets.
func ciSystem(env yamlpos.Lookup) string {
	for _, s := range []struct{ variable, name string }{
		{"GITHUB_ACTIONS", "github"}, {"GITLAB_CI", "gitlab"}, {"JENKINS_URL", "jenkins"}, {"BUILDKITE", "buildkite"}, {"CI", "ci"},
	} {
		if v, ok := env(s.variable); ok && v != "" {
			return s.name
		}
	}
	return ""
}

// commitUnderTest is the revision that the CI system says it tests.
func commitUnderTest(env yamlpos.Lookup) string {
	for _, variable := range []string{"GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT", "BUILDKITE_COMMIT"} {
		if v, ok := env(variable); ok && v != "" {
			return v
		}
	}
	return ""
}

func firstLine(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(line)
}

// fieldOf is the value of the first line "name : value" of a file of the kernel.
func fieldOf(file, name string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
