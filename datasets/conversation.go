package datasets

import (
	"encoding/json"
	"fmt"

	"loadgate/internal/llm"
)

// turn is one entry of a conversation, in either of the forms that files have:
// role and content, or from and value.
type turn struct {
	From    string          `json:"from"`
	Value   json.RawMessage `json:"value"`
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`

	ToolCalls json.RawMessage `json:"tool_calls"`
}

// roles maps what files call a speaker to what protocols do.
var roles = map[string]string{
	"system": "system", "developer": "developer", "user": "user", "human": "user", "assistant": "assistant", "gpt": "assistant",
	"chatgpt": "assistant", "bing": "assistant", "bard": "assistant", "model": "assistant", "bot": "assistant", "tool": "tool",
}

// parseConversation reads a list of turns, or a text that holds one.
func (m mediaFiles) parseConversation(raw json.RawMessage) ([]message, error) {
	list, err := within(raw, '[')
	if err != nil {
		return nil, err
	}
	var turns []turn
	if err := json.Unmarshal(list, &turns); err != nil {
		return nil, fmt.Errorf("expected a list of messages such as {\"role\": \"user\", \"content\": \"…\"}: %w", err)
	}
	out := make([]message, len(turns))
	for i, t := range turns {
		if out[i], err = m.message(t); err != nil {
			return nil, fmt.Errorf("message %d: %w", i+1, err)
		}
	}
	return out, nil
}

// message is a message whose media may still have to be read.
type message struct {
	role, text string
	media      []mediaSource
}

func (m mediaFiles) message(t turn) (message, error) {
	name, content := t.Role, t.Content
	if name == "" {
		name, content = t.From, t.Value
	}
	role, ok := roles[name]
	switch {
	case !ok:
		return message{}, fmt.Errorf("unknown role %q", name)
	case role == "tool" || !isNull(t.ToolCalls):
		return message{}, fmt.Errorf("calls of tools are not taken apart: give the whole request as body")
	case isNull(content):
		return message{role: role}, nil
	case content[0] == '"':
		return message{role: role, text: textOf(content)}, nil
	case content[0] != '[':
		return message{}, fmt.Errorf("content: expected text or a list of parts")
	}
	out := message{role: role}
	var parts []contentPart
	if err := json.Unmarshal(content, &parts); err != nil {
		return out, fmt.Errorf("content: %w", err)
	}
	for i, p := range parts {
		if err := m.part(&out, p); err != nil {
			return out, fmt.Errorf("part %d: %w", i+1, err)
		}
	}
	return out, nil
}

// contentPart is a part of a message in OpenAI's form.
type contentPart struct {
	Type     string          `json:"type"`
	Text     string          `json:"text"`
	ImageURL json.RawMessage `json:"image_url"`
	VideoURL json.RawMessage `json:"video_url"`
	AudioURL json.RawMessage `json:"audio_url"`
	Audio    struct {
		Data   string `json:"data"`
		Format string `json:"format"`
	} `json:"input_audio"`
}

// part adds a part to a message. Texts of several parts are joined by a line
// break.
func (m mediaFiles) part(to *message, p contentPart) error {
	var sources []mediaSource
	var err error
	switch p.Type {
	case "text":
		if to.text != "" {
			to.text += "\n"
		}
		to.text += p.Text
		return nil
	case "image": // a place that the images of another column fill
		return nil
	case "image_url":
		sources, err = m.sources(llm.Image, p.ImageURL)
	case "video_url":
		sources, err = m.sources(llm.Video, p.VideoURL)
	case "audio_url":
		sources, err = m.sources(llm.Audio, p.AudioURL)
	case "input_audio":
		sources, err = m.sources(llm.Audio, appendJSON(nil, "data:audio/"+p.Audio.Format+";base64,"+p.Audio.Data))
	default:
		return fmt.Errorf("unknown type %q", p.Type)
	}
	to.media = append(to.media, sources...)
	return err
}
