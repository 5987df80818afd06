package engine

import (
	"strconv"

	"loadgate/internal/schedule"
	"loadgate/scenario"
)

// models says which model each session asks for, where the scenario shares the
// load among several.
type models struct {
	names  []string
	choice schedule.Choice
}

func newModels(list []scenario.ModelShare) models {
	if len(list) == 0 {
		return models{}
	}
	m := models{names: make([]string, len(list))}
	weights := make([]float64, len(list))
	for i, share := range list {
		m.names[i], weights[i] = share.Name, share.Weight
	}
	m.choice = schedule.NewChoice(weights)
	return m
}

// of is session i's model, a function of the seed and i; "" = the backend's.
func (m models) of(seed uint64, i int) string {
	if len(m.names) == 0 {
		return ""
	}
	return m.names[m.choice.Of(schedule.Fraction(schedule.Seed(seed, "model", strconv.Itoa(i))))]
}
