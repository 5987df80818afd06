package scenario

// APIVersions lists the values of `apiVersion` that this package reads; the
// schema has the same list.
func APIVersions() []string { return []string{"loadgate/v1"} }
