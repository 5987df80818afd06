package backends

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"loadgate/internal/llm"
)

// quotaCodes are the words of vendors and gateways for "what was paid for or
// granted is used up": waiting does not help, as it does after a 429.
var quotaCodes = []string{
	"insufficient_quota", "quota_exceeded", "exceeded_quota", "quotaexceeded", "insufficient_user_quota", "insufficient_balance", "billing_not_active",
	"billing_hard_limit_reached", "credit_limit_reached", "arrearage", "accountoverdueerror",
}

// quota knows the error objects of a service that say that a quota is used up.
type quota struct{ codes []string } // besides the usual ones, as written

// says looks at an error object, or at a document that has one.
func (q quota) says(raw []byte) bool {
	var e struct {
		Error json.RawMessage `json:"error"`
		Code  any             `json:"code"`
		Type  string          `json:"type"`
	}
	if json.Unmarshal(raw, &e) != nil {
		return false
	}
	code, _ := e.Code.(string)
	for _, word := range []string{code, e.Type} {
		if word != "" && (slices.Contains(quotaCodes, strings.ToLower(word)) || slices.Contains(q.codes, word)) {
			return true
		}
	}
	return e.Error != nil && q.says(e.Error)
}

// class is the class of an error inside a stream; "" = in_band_error.
func (q quota) class(raw []byte) llm.ErrorClass {
	if q.says(raw) {
		return llm.ErrQuota
	}
	return ""
}

// Refused implements llm.Refuser.
func (f *family) Refused(status int, body []byte) llm.ErrorClass {
	if status == http.StatusPaymentRequired || f.quota.says(body) {
		return llm.ErrQuota
	}
	return ""
}
