package reporters

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"strings"
	"sync"
)

//go:embed html/page.gohtml html/css html/js html/vendor/uPlot.iife.min.js html/vendor/uPlot.min.css html/vendor/LICENSE
var htmlFiles embed.FS

// The page's own parts, in the order in which they stand in it.
var (
	htmlStyles  = []string{"vendor/uPlot.min.css", "css/theme.css", "css/page.css", "css/table.css", "css/charts.css", "css/print.css"}
	htmlScripts = []string{
		"js/dom.js", "js/format.js", "js/theme.js", "js/data.js", "js/svg.js", "js/table.js", "js/curve.js",
		"js/percentiles.js", "js/lengths.js", "js/timecharts.js", "js/waterfall.js", "js/main.js",
	}
)

const (
	htmlLibrary = "vendor/uPlot.iife.min.js"
	htmlLicence = "vendor/LICENSE" // goes wherever the library goes
)

// HTML writes one self-contained page: it asks for nothing from the network and
// stores nothing. What matters (verdict, validity, cells, rules, errors,
// findings, environment) is markup and needs no script; charts are drawn by the
// page's scripts from data that stands in it.
//
// No text of the report can become markup or code: the markup is html/template's,
// the data is JSON without a character that HTML knows, scripts build the page
// with text nodes only, and the page's own policy lets nothing run but scripts
// and styles with the hashes of those that are embedded here.
func HTML(ctx context.Context, r *Report, w io.Writer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	parts, err := htmlParts()
	if err != nil {
		return err
	}
	data, err := draw(ctx, r)
	if err != nil {
		return err
	}
	page := newPage(r)
	page.Parts, page.Data = parts, template.JS(data) //nolint:gosec // json.Marshal leaves no <, > or &
	var out bytes.Buffer
	if err := parts.page.Execute(&out, page); err != nil {
		return fmt.Errorf("fill the page: %w", err)
	}
	_, err = w.Write(out.Bytes())
	return err
}

// pageParts are what every page has in common.
type pageParts struct {
	Policy  string
	Style   template.CSS
	Library template.JS
	Script  template.JS
	page    *template.Template
}

// htmlParts reads the embedded files once.
var htmlParts = sync.OnceValues(func() (*pageParts, error) {
	files, err := fs.Sub(htmlFiles, "html")
	if err != nil {
		return nil, err
	}
	style, err := joined(files, htmlStyles...)
	if err != nil {
		return nil, err
	}
	library, err := joined(files, htmlLibrary)
	if err != nil {
		return nil, err
	}
	licence, err := joined(files, htmlLicence)
	if err != nil {
		return nil, err
	}
	library = "/*!\n" + licence + "*/\n" + library
	script, err := joined(files, htmlScripts...)
	if err != nil {
		return nil, err
	}
	script = "(() => {\n\"use strict\";\n" + script + "})();\n"
	page, err := template.ParseFS(files, "page.gohtml")
	if err != nil {
		return nil, err
	}
	return &pageParts{
		Policy: strings.Join([]string{
			"default-src 'none'",
			"script-src " + hashOf(library) + " " + hashOf(script),
			"style-src " + hashOf(style),
			"base-uri 'none'",
			"form-action 'none'",
			"require-trusted-types-for 'script'",
			"trusted-types 'none'",
		}, "; "),
		Style: template.CSS(style), Library: template.JS(library), Script: template.JS(script), page: page, //nolint:gosec // our own files
	}, nil
})

func joined(files fs.FS, names ...string) (string, error) {
	var b strings.Builder
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return "", err
		}
		b.Write(text)
		if !bytes.HasSuffix(text, []byte("\n")) {
			b.WriteByte('\n')
		}
	}
	return b.String(), nil
}

// hashOf is a source expression of a Content-Security-Policy.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
