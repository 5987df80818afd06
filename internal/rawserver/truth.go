package rawserver

// Truth is what the server says of one request: when the kernel had received
// it, and when each token was written, in ns since 1970. Of a bulk answer it says
// only how many tokens there were.
type Truth struct {
	ID      string  `json:"request_id"`
	Arrived int64   `json:"arrived_ns"`
	Tokens  int     `json:"tokens"`
	Wrote   []int64 `json:"tokens_ns,omitempty"`
	Late    int64   `json:"late_ns"` // of the token that was written latest, against its plan
	Whole   bool    `json:"whole"`
}
