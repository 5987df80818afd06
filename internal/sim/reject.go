package sim

import (
	"encoding/json"
	"net/http"
)

// allow answers 405 unless the method is the one given (a HEAD is a GET).
func allow(w http.ResponseWriter, r *http.Request, method string) bool {
	if r.Method == method || method == http.MethodGet && r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", method)
	reject(w, http.StatusMethodNotAllowed, "use "+method)
	return false
}

// apiError is the error object of the OpenAI dialect, as vLLM fills it.
type apiError struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    int     `json:"code"`
}

type errorBody struct {
	Error apiError `json:"error"`
}

func errorFor(status int, message string) errorBody {
	return errorBody{apiError{Message: message, Type: errorTypes[status], Code: status}}
}

var errorTypes = map[int]string{
	http.StatusBadRequest:            "BadRequestError",
	http.StatusUnauthorized:          "AuthenticationError",
	http.StatusNotFound:              "NotFoundError",
	http.StatusMethodNotAllowed:      "MethodNotAllowedError",
	http.StatusRequestEntityTooLarge: "RequestTooLargeError",
	http.StatusTooManyRequests:       "RateLimitError",
	http.StatusInternalServerError:   "InternalServerError",
	http.StatusServiceUnavailable:    "ServiceUnavailableError",
}

func reject(w http.ResponseWriter, status int, message string) {
	sendJSON(w, status, errorFor(status, message))
}

// sendJSON writes a small document whose type always has a JSON form. A client
// that has gone is no concern of ours.
func sendJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}
