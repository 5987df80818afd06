package reporters

import (
	"slices"

	"loadgate/internal/result"
	"loadgate/metrics"
)

// intervals are the percentiles whose 95 % interval the sheet Cells shows.
var intervals = []string{"p50", "p90", "p95", "p99"}

// writeCells writes one row for each distribution of each cell, with all its
// statistics. A percentile that the cell has too few values for has no
// interval, and a median over repeats has none either.
func writeCells(b *workbook, r *Report, name string) error {
	s, err := b.sheet(name, distributionColumns())
	if err != nil {
		return err
	}
	for _, c := range r.Doc.Cells {
		for _, metric := range distributionsOf(c) {
			if err := s.add(distributionRow(r, c, metric)...); err != nil {
				return err
			}
		}
	}
	return s.end(true)
}

func distributionColumns() []column {
	columns := []column{
		{"Cell", 30, asText},
		{"Name", 30, asText},
		{"Metric", 16, asText},
		{"Unit", 10, asText},
		{"n", 9, asCount},
		{"Groups", 9, asCount},
	}
	for _, statistic := range result.Stats() {
		columns = append(columns, column{statistic, 11, asMeasure})
	}
	for _, percentile := range intervals {
		columns = append(columns,
			column{percentile + " 95% low", 11, asMeasure},
			column{percentile + " 95% high", 11, asMeasure})
	}
	return append(columns, column{"Note", 14, asText})
}

func distributionRow(r *Report, c *result.Cell, metric string) []any {
	m := c.Metrics[metric]
	row := []any{c.ID, nameOf(r, c), metric, m.Unit, m.Dist.N, m.Dist.Groups}
	for _, statistic := range result.Stats() {
		v, _ := m.Dist.Stat(statistic)
		row = append(row, v)
	}
	for _, percentile := range intervals {
		if ends := m.Dist.CI95[percentile]; ends != nil {
			row = append(row, ends[0], ends[1])
		} else {
			row = append(row, nil, nil)
		}
	}
	return append(row, m.Note)
}

// distributionsOf names a cell's distributions, those of the catalogue in its
// order, then others by name.
func distributionsOf(c *result.Cell) []string {
	names := sortedKeys(c.Metrics)
	names = slices.DeleteFunc(names, func(name string) bool { return c.Metrics[name].Dist == nil })
	place := map[string]int{}
	catalogue := metrics.Catalogue()
	for i := range catalogue {
		place[catalogue[i].Name] = i
	}
	rank := func(name string) int {
		if i, ok := place[name]; ok {
			return i
		}
		return len(place)
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}
