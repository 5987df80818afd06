// Package llm is the vocabulary of one call to an inference service: what is
// asked (Session, Request), how it looks on the wire (Call), what comes back
// (Event, Usage), how it can fail (ErrorClass), and the two interfaces in which
// protocols and datasets meet the engine (Backend, Dataset).
//
// It holds types and no behaviour worth the name: no network, no clock but the
// monotonic base of the stamps, no JSON of any provider.
package llm
