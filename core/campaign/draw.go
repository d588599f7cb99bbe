package campaign

import (
	"context"
	"regexp"
	"strconv"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/promotion"
)

var (
	ErrPrize     = fault.New(fault.Invalid, "campaign.bad_prize")
	ErrPrizeGone = fault.New(fault.Conflict, "campaign.prize_gone") // its stock went meanwhile
	ErrNoDraw    = fault.New(fault.NotFound, "campaign.no_draw")    // no pack that draws is on in the shop
	ErrNoPrizes  = fault.New(fault.Conflict, "campaign.no_prizes")  // nothing to be won any more
)

var _ = db.Guard("ck_prizes_drawn", ErrPrizeGone)

// EventDrawn tells of a draw: draw_id, member_id, pack_id, prize.
const EventDrawn = "draw.played.v1"

// Prize is what a shop has put into a pack's draw.
type Prize struct {
	Shop      id.ID
	PackID    string
	Code      string
	Stock     int64 // -1: no limit
	Drawn     int64
	UpdatedAt clock.Instant
}

// Left is how many can still be drawn; -1: any number.
func (p *Prize) Left() int64 {
	if p.Stock < 0 {
		return -1
	}
	return p.Stock - p.Drawn
}

var prizeCode = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

const maxStock = 1_000_000_000

// SetPrize puts a prize into a draw, or changes its stock, which cannot go below
// what was drawn. Faults: campaign.bad_prize; at the COMMIT campaign.prize_gone.
func SetPrize(tx *db.Tx, m id.ID, p *Prize) error {
	switch {
	case !prizeCode.MatchString(p.Code):
		return ErrPrize.On("code")
	case p.PackID == "":
		return ErrPrize.On("pack_id")
	case p.Stock < -1 || p.Stock > maxStock:
		return ErrPrize.On("stock")
	}
	p.UpdatedAt = tx.Now
	tx.Queue(`insert into prizes (merchant_id, shop_id, pack_id, code, stock, updated_at) values ($1, $2, $3, $4, $5, $6)
		on conflict (merchant_id, shop_id, pack_id, code) do update set stock = excluded.stock, updated_at = excluded.updated_at`, m, p.Shop, p.PackID, p.Code, p.Stock, tx.Now)
	return nil
}

// ListPrizes lists a shop's prizes; pack "" lists those of all packs.
func ListPrizes(ctx context.Context, r db.Reader, m, shop id.ID, packID string) ([]Prize, error) {
	return db.All(ctx, r, func(row db.Row, p *Prize) error {
		return row.Scan(&p.Shop, &p.PackID, &p.Code, &p.Stock, &p.Drawn, &p.UpdatedAt)
	},
		`select shop_id, pack_id, code, stock, drawn, updated_at from prizes where merchant_id = $1 and shop_id = $2 and (pack_id = $3 or $3 = '') order by pack_id, code`, m, shop, packID)
}

// Views are the prizes that can be drawn, as a pack sees them.
func Views(ps []Prize) (out []promotion.PrizeView) {
	for i := range ps {
		if left := ps[i].Left(); left != 0 {
			out = append(out, promotion.PrizeView{Code: ps[i].Code, Left: left})
		}
	}
	return out
}

// Draw is one chance played, with all that it takes to play it again.
type Draw struct {
	ID      id.ID
	Shop    id.ID
	Member  id.ID
	Chance  id.ID // the grant
	PackID  string
	Version string
	Module  string
	Config  string
	Seed    uint64
	Prize   string // "": none
	Outcome string // OutcomeOK; a failed draw is not recorded: its chance stays
	Fuel    int64
	Input   []byte
	Output  []byte
	Date    clock.Date
	At      clock.Instant
}

const drawColumns = `id, shop_id, member_id, chance_id, pack_id, pack_version, module_hash, config_hash, seed, prize, outcome, fuel, input, output, business_date, at`

func scanDraw(r db.Row, v *Draw) error {
	var seed string
	if err := r.Scan(&v.ID, &v.Shop, &v.Member, &v.Chance, &v.PackID, &v.Version, &v.Module, &v.Config, &seed, &v.Prize, &v.Outcome, &v.Fuel, &v.Input, &v.Output, &v.Date, &v.At); err != nil {
		return err
	}
	var err error
	v.Seed, err = strconv.ParseUint(seed, 10, 64)
	return err
}

// QueueDraw plays a chance: it is used, the prize leaves its stock, the draw is
// recorded and told. As the batch is sent: campaign.grant_used where the chance
// was played meanwhile, campaign.prize_gone where somebody else drew the last.
func QueueDraw(tx *db.Tx, m id.ID, v *Draw) {
	if v.ID.IsNone() {
		v.ID = tx.NewID()
	}
	v.At = tx.Now
	QueueUse(tx, m, v.Chance, 1)
	if v.Prize != "" {
		tx.Queue(`update prizes set drawn = drawn + 1, updated_at = $5 where merchant_id = $1 and shop_id = $2 and pack_id = $3 and code = $4`, m, v.Shop, v.PackID, v.Prize, tx.Now)
	}
	tx.Queue(`insert into draws (merchant_id, `+drawColumns+`) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17)`,
		m, v.ID, v.Shop, v.Member, v.Chance, v.PackID, v.Version, v.Module, v.Config, strconv.FormatUint(v.Seed, 10), v.Prize, v.Outcome, v.Fuel, v.Input, v.Output, string(v.Date), v.At)
	event.Emit(tx, event.Event{Merchant: m, Type: EventDrawn, Shop: v.Shop, Data: event.JSON(struct {
		Draw   id.ID  `json:"draw_id"`
		Member id.ID  `json:"member_id"`
		Pack   string `json:"pack_id"`
		Prize  string `json:"prize,omitempty"`
	}{v.ID, v.Member, v.PackID, v.Prize})})
}

// ListDraws lists draws, the newest first; member id.None lists all.
func ListDraws(ctx context.Context, r db.Reader, m, member id.ID, p db.Page) ([]Draw, string, error) {
	q, args := `select `+drawColumns+` from draws where merchant_id = $1`, []any{m, p.Size() + 1}
	if !member.IsNone() {
		args = append(args, member)
		q += ` and member_id = $3`
	}
	if !p.After.IsNone() {
		args = append(args, p.After)
		q += map[bool]string{true: ` and id < $3`, false: ` and id < $4`}[member.IsNone()]
	}
	rows, err := db.All(ctx, r, scanDraw, q+` order by id desc limit $2`, args...)
	if err != nil {
		return nil, "", err
	}
	items, next := db.Cut(p, rows, func(v Draw) id.ID { return v.ID })
	return items, next, nil
}

// ErrDrawNotFound: there is no such draw.
var ErrDrawNotFound = fault.New(fault.NotFound, "campaign.draw_not_found")

// GetDraw reads a draw. Fault: campaign.draw_not_found.
func GetDraw(ctx context.Context, r db.Reader, m, draw id.ID) (Draw, error) {
	vs, err := db.All(ctx, r, scanDraw, `select `+drawColumns+` from draws where merchant_id = $1 and id = $2`, m, draw)
	if err == nil && len(vs) == 0 {
		return Draw{}, ErrDrawNotFound
	}
	if err != nil {
		return Draw{}, err
	}
	return vs[0], nil
}
