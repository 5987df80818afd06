package reporters

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"io"
	"os"
	"path"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/result"
	"loadgate/internal/yamlpos"
)

// Wandb writes a run as the wandb package writes one that is offline: a folder
// that `wandb sync` uploads.
type Wandb struct {
	settings wandbSettings
}

type wandbSettings struct {
	Kind    string   `yaml:"kind"`
	Path    string   `yaml:"path"` // the caller's concern
	Mode    string   `yaml:"mode"`
	Project string   `yaml:"project"`
	Entity  string   `yaml:"entity"`
	Group   string   `yaml:"group"`
	Name    string   `yaml:"name"`
	Tags    []string `yaml:"tags"`
}

// newWandb reads an entry of `reports:`. What it leaves open is taken from the
// environment, as with every program that reports to W&B.
func newWandb(section *yamlpos.Node) (Reporter, diag.List) {
	var w Wandb
	var list diag.List
	if section != nil && section.Kind == yamlpos.Map {
		list = yamlpos.Decode(section, &w.settings)
	}
	s := &w.settings
	s.Mode = cmp.Or(s.Mode, os.Getenv("WANDB_MODE"), "online")
	s.Project = cmp.Or(s.Project, os.Getenv("WANDB_PROJECT"), "loadgate")
	s.Entity = cmp.Or(s.Entity, os.Getenv("WANDB_ENTITY"))
	s.Group = cmp.Or(s.Group, os.Getenv("WANDB_RUN_GROUP"))
	s.Name = cmp.Or(s.Name, os.Getenv("WANDB_NAME"))
	return &w, list
}

// Uploads reports whether the run is meant for the server at once.
func (w *Wandb) Uploads() bool { return w.settings.Mode == "online" }

// Write writes the transaction log, the first of the files.
func (w *Wandb) Write(ctx context.Context, r *Report, out io.Writer) error {
	return w.writeLog(ctx, r, out)
}

// Files lists the log, the tables and the reports that a reader may want to
// open beside them. There is none in mode disabled.
func (w *Wandb) Files(r *Report) []File {
	if w.settings.Mode == "disabled" {
		return nil
	}
	id := wandbID(r.Doc)
	folder := "offline-run-" + r.Doc.StartedAt.Local().Format("20060102_150405") + "-" + id
	files := []File{{path.Join(folder, "run-"+id+".wandb"), ReporterFunc(w.writeLog)}}
	for _, t := range wandbTables() {
		files = append(files, File{path.Join(folder, "files", t.path()), ReporterFunc(t.write)})
	}
	for _, f := range wandbReports() {
		files = append(files, File{path.Join(folder, "files", f.Name), f.Reporter})
	}
	return files
}

// wandbReports are the reports that are saved with the run.
func wandbReports() []File {
	return []File{{"report.html", ReporterFunc(HTML)}, {"report.xlsx", ReporterFunc(Excel)}, {"report.json", ReporterFunc(JSON)}}
}

// wandbID is the run's id there: eight letters and digits that the run's own id
// decides, so that writing the report again writes the same run.
func wandbID(d *result.Document) string {
	sum := sha256.Sum256([]byte(d.RunID))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5]))
}
