package messengerhttp

import "encoding/json"

// ConfigSchema implements driver.Configurable.
func (*Messenger) ConfigSchema() json.RawMessage {
	return json.RawMessage(`{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "required": ["gateway"],
  "properties": {
    "gateway": {"type": "string", "enum": ["aliyun", "tencent", "twilio", "custom"], "default": "aliyun", "title": "Gateway", "x-enum-titles": ["Aliyun 阿里云", "Tencent Cloud 腾讯云", "Twilio", "Another, by a template"]},
    "key_id": {"type": "string", "maxLength": 200, "default": "", "title": "Key id", "description": "AccessKeyId, SecretId, Account SID"},
    "secret": {"type": "string", "maxLength": 500, "default": "", "x-secret": true, "title": "Secret", "description": "AccessKeySecret, SecretKey, Auth Token"},
    "app": {"type": "string", "maxLength": 100, "default": "", "title": "Application", "description": "Tencent: SdkAppId"},
    "region": {"type": "string", "maxLength": 40, "default": "", "title": "Region", "description": "Empty: the gateway's usual one"},
    "from": {"type": "string", "maxLength": 40, "default": "", "title": "Sender's number", "description": "Twilio: a number or a messaging service"},
    "base_url": {"type": "string", "maxLength": 500, "default": "", "title": "Address of the gateway", "description": "Empty: the gateway's own; needed for another"},
    "method": {"type": "string", "enum": ["POST", "GET"], "default": "POST", "title": "Another: method"},
    "headers": {"type": "string", "x-format": "multiline", "maxLength": 2000, "default": "", "x-secret": true, "title": "Another: headers", "description": "Name: value, one a line; {placeholders} as in the body"},
    "form": {"type": "string", "enum": ["json", "form", "query"], "default": "json", "title": "Another: form of the body"},
    "body": {"type": "string", "x-format": "multiline", "maxLength": 4000, "default": "", "title": "Another: body", "description": "With {key} {recipient} {recipient_digits} {recipient_national} {text} {template} {sender} {link} {params_object} {params_array} {key_id} {timestamp} {nonce} {sign}; as a form: name=value, one a line"},
    "sign": {"type": "string", "enum": ["none", "hmac-sha256", "md5"], "default": "none", "title": "Another: signature"},
    "sign_text": {"type": "string", "maxLength": 500, "default": "", "title": "Another: what is signed", "description": "{placeholders} as in the body, and {secret}"},
    "ok_path": {"type": "string", "maxLength": 100, "default": "", "title": "Another: where the answer says whether it was taken", "description": "code, result.status, items.0.code"},
    "ok_value": {"type": "string", "maxLength": 100, "default": "", "title": "Another: what it says there where it was"},
    "ok_pattern": {"type": "string", "maxLength": 200, "default": "", "title": "Another: or a pattern that the answer matches then", "description": "A regular expression"},
    "why_path": {"type": "string", "maxLength": 100, "default": "", "title": "Another: where it says why not"},
    "id_path": {"type": "string", "maxLength": 100, "default": "", "title": "Another: where its name of the message is"},
    "cost_path": {"type": "string", "maxLength": 100, "default": "", "title": "Another: where the cost is", "description": "In major units: 0.045"},
    "currency": {"type": "string", "maxLength": 3, "default": "", "title": "Another: currency of the cost"},
    "again": {"type": "string", "maxLength": 300, "default": "", "title": "Another: what it says where it may be tried later", "description": "Separated by commas"},
    "ask_url": {"type": "string", "maxLength": 500, "default": "", "title": "Another: address that says how a message stands", "description": "With {key} {provider_id}; empty: it cannot be asked"},
    "state_path": {"type": "string", "maxLength": 100, "default": "", "title": "Another: where the state is"},
    "delivered": {"type": "string", "maxLength": 300, "default": "", "title": "Another: states that mean arrived", "description": "Separated by commas"},
    "failed": {"type": "string", "maxLength": 300, "default": "", "title": "Another: states that mean failed", "description": "Separated by commas"},
    "notice_listen": {"type": "string", "maxLength": 100, "default": "", "title": "Notices: address to listen on", "description": "127.0.0.1:7080 behind a proxy; empty: none"},
    "notice_secret": {"type": "string", "maxLength": 200, "default": "", "x-secret": true, "title": "Notices: secret path", "description": "The gateway calls …/this"},
    "notice_url": {"type": "string", "maxLength": 500, "default": "", "title": "Notices: public address", "description": "Twilio signs it; with the secret path"},
    "notice_key_path": {"type": "string", "maxLength": 100, "default": "", "title": "Another: where a notice names the message"}
  }
}`)
}
