package pack

import (
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// AskConfigs reads configurations by their hashes, those that are no longer in use
// too: pack id + " " + hash -> JSON.
func AskConfigs(m id.ID, hashes []string, out *map[string][]byte) db.Ask {
	found := map[string][]byte{}
	*out = found
	return db.Ask{SQL: `select pack_id, hash, config from pack_configs where merchant_id = $1 and hash in_texts($2)`, Args: []any{m, hashes}, Scan: func(r db.Row) error {
		var of, hash, config string
		err := r.Scan(&of, &hash, &config)
		found[of+" "+hash] = []byte(config)
		return err
	}}
}
