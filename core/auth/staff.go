package auth

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrStaffNotFound = fault.New(fault.NotFound, "auth.staff_not_found")
	ErrLoginTaken    = fault.New(fault.Conflict, "auth.login_taken")
	ErrLastOwner     = fault.New(fault.Conflict, "auth.last_owner")     // somebody must be able to do everything
	ErrLogin         = fault.New(fault.Invalid, "auth.login_malformed") // not [a-z0-9._+-]{1,60}
	ErrName          = fault.New(fault.Invalid, "auth.name_malformed")  // empty or over 80 characters
	ErrLevel         = fault.New(fault.Invalid, "auth.level_malformed") // over 40 characters
	ErrLocale        = fault.New(fault.Invalid, "auth.locale_malformed")
)

var _ = db.Guard("ux_staff_login", ErrLoginTaken)

// Staff is a person who works for the merchant and may sign in.
type Staff struct {
	ID          id.ID
	Name        string
	Login       string // the part before the @
	Role        Role
	Level       string // what the merchant pays commission by: "senior"; "" where it does not
	Locale      string // "": the merchant's
	Active      bool
	HasPassword bool // may sign in with one
	CreatedAt   clock.Instant
}

const staffCols = `id, name, login, role, level, locale, active, password_hash <> '', created_at`

func scanStaff(r db.Row, s *Staff) error {
	return r.Scan(&s.ID, &s.Name, &s.Login, &s.Role, &s.Level, &s.Locale, &s.Active, &s.HasPassword, &s.CreatedAt)
}

// AskStaff reads staff by their ids, inactive ones too, in no particular order.
func AskStaff(merchant id.ID, ids []id.ID, out *[]Staff) db.Ask {
	*out = nil
	return db.Ask{
		SQL:  `select ` + staffCols + ` from staff where merchant_id = $1 and id in_ids($2)`,
		Args: []any{merchant, ids},
		Scan: func(r db.Row) error {
			var s Staff
			err := scanStaff(r, &s)
			*out = append(*out, s)
			return err
		},
	}
}

// ListStaff lists a merchant's staff, inactive ones too, oldest first.
func ListStaff(ctx context.Context, r db.Reader, merchant id.ID) ([]Staff, error) {
	return db.All(ctx, r, scanStaff, `select `+staffCols+` from staff where merchant_id = $1 order by id`, merchant)
}

// GetStaff reads one. Fault: auth.staff_not_found.
func GetStaff(ctx context.Context, r db.Reader, merchant, staff id.ID) (Staff, error) {
	s, err := db.One(ctx, r, scanStaff, `select `+staffCols+` from staff where merchant_id = $1 and id = $2`, merchant, staff)
	if errors.Is(err, db.ErrNoRow) {
		err = ErrStaffNotFound
	}
	return s, err
}

var (
	loginForm  = regexp.MustCompile(`^[a-z0-9._+-]{1,60}$`)
	localeForm = regexp.MustCompile(`^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3})?$`)
)

const (
	maxName  = 80
	maxLevel = 40
)

// Profile is what may be changed of a staff row by those who manage staff.
type Profile struct {
	Name   string
	Role   Role
	Level  string
	Locale string
}

func (p *Profile) check(ctx context.Context) error {
	p.Name, p.Level = strings.TrimSpace(p.Name), strings.TrimSpace(p.Level)
	switch {
	case !textFits(p.Name, maxName) || p.Name == "":
		return ErrName.On("name")
	case !textFits(p.Level, maxLevel):
		return ErrLevel.On("level")
	case !localeForm.MatchString(p.Locale):
		return ErrLocale.On("locale")
	}
	return mayGrant(ctx, p.Role)
}

func textFits(s string, most int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && !strings.ContainsAny(s, "\x00\r\n")
}

// NewStaff is what CreateStaff needs.
type NewStaff struct {
	Profile
	Login    string       // lower-cased; unique for the merchant
	Password PasswordHash // of Service.HashPassword; "": cannot sign in with a password
}

// CreateStaff adds a staff row and audits it. Faults: auth.name_malformed,
// auth.level_malformed, auth.locale_malformed, auth.login_malformed,
// auth.login_taken, auth.unknown_role, auth.role_too_high.
func CreateStaff(ctx context.Context, tx *db.Tx, merchant id.ID, in NewStaff) (Staff, error) {
	in.Login = strings.ToLower(strings.TrimSpace(in.Login))
	if !loginForm.MatchString(in.Login) {
		return Staff{}, ErrLogin.On("login")
	}
	if err := in.check(ctx); err != nil {
		return Staff{}, err
	}
	s := Staff{ID: tx.NewID(), Name: in.Name, Login: in.Login, Role: in.Role, Level: in.Level, Locale: in.Locale,
		Active: true, HasPassword: in.Password != "", CreatedAt: tx.Now}
	tx.Queue(`insert into staff (merchant_id, id, name, login, role, level, password_hash, locale, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		merchant, s.ID, s.Name, s.Login, string(s.Role), s.Level, string(in.Password), s.Locale, tx.Now)
	return s, auditStaff(ctx, tx, merchant, s.ID, "staff.created", map[string]string{"role": string(s.Role)})
}

// UpdateStaff changes name, role, level and locale, and audits it. A change of
// role holds from the next request on. The caller has required PermStaff. Faults: those of CreateStaff,
// auth.staff_not_found, auth.last_owner.
func UpdateStaff(ctx context.Context, tx *db.Tx, merchant, staff id.ID, p Profile) error {
	if err := p.check(ctx); err != nil {
		return err
	}
	old, err := touch(ctx, tx, merchant, staff)
	if err != nil {
		return err
	}
	if old.Role == Owner && old.Active && p.Role != Owner {
		if err := keepAnOwner(ctx, tx, merchant, staff); err != nil {
			return err
		}
	}
	tx.Queue(`update staff set name = $3, role = $4, level = $5, locale = $6 where merchant_id = $1 and id = $2`,
		merchant, staff, p.Name, string(p.Role), p.Level, p.Locale)
	forgetAfter(tx)
	return auditStaff(ctx, tx, merchant, staff, "staff.updated",
		map[string]string{"role_before": string(old.Role), "role": string(p.Role), "level_before": old.Level, "level": p.Level})
}

// SetPassword replaces a password, ends the sessions of that person and audits
// it. Faults: auth.staff_not_found; auth.role_too_high where it is not one's own
// and that person may more.
func SetPassword(ctx context.Context, tx *db.Tx, merchant, staff id.ID, password PasswordHash) error {
	if _, err := touch(ctx, tx, merchant, staff); err != nil {
		return err
	}
	tx.Queue(`update staff set password_hash = $3 where merchant_id = $1 and id = $2`, merchant, staff, string(password))
	endSessions(tx, merchant, staff)
	return auditStaff(ctx, tx, merchant, staff, "staff.password_set", nil)
}

// Deactivate keeps a person from signing in from now on, ends their sessions and
// audits it; what they did stays theirs. Faults: auth.staff_not_found,
// auth.last_owner, auth.role_too_high.
func Deactivate(ctx context.Context, tx *db.Tx, merchant, staff id.ID) error {
	old, err := touch(ctx, tx, merchant, staff)
	if err != nil || !old.Active {
		return err
	}
	if old.Role == Owner {
		if err := keepAnOwner(ctx, tx, merchant, staff); err != nil {
			return err
		}
	}
	tx.Queue(`update staff set active = $3 where merchant_id = $1 and id = $2`, merchant, staff, false)
	endSessions(tx, merchant, staff)
	return auditStaff(ctx, tx, merchant, staff, "staff.deactivated", nil)
}

// Reactivate undoes Deactivate. Faults: auth.staff_not_found, auth.role_too_high.
func Reactivate(ctx context.Context, tx *db.Tx, merchant, staff id.ID) error {
	old, err := touch(ctx, tx, merchant, staff)
	if err != nil || old.Active {
		return err
	}
	tx.Queue(`update staff set active = $3 where merchant_id = $1 and id = $2`, merchant, staff, true)
	return auditStaff(ctx, tx, merchant, staff, "staff.reactivated", nil)
}

// touch locks the merchant's owners and the row, in the order of ids, and checks
// that the actor may change it. The owners, because the last of them must stay.
func touch(ctx context.Context, tx *db.Tx, merchant, staff id.ID) (Staff, error) {
	var rows []Staff
	tx.Ask(func(r db.Row) error {
		var s Staff
		err := scanStaff(r, &s)
		rows = append(rows, s)
		return err
	}, `select `+staffCols+` from staff where merchant_id = $1 and (id = $2 or role = 'owner') order by id for update`, merchant, staff)
	if err := tx.Flush(ctx); err != nil {
		return Staff{}, err
	}
	i := slices.IndexFunc(rows, func(s Staff) bool { return s.ID == staff })
	if i < 0 {
		return Staff{}, ErrStaffNotFound
	}
	if ActorOf(ctx).Staff == staff {
		return rows[i], nil
	}
	return rows[i], mayGrant(ctx, rows[i].Role)
}

func keepAnOwner(ctx context.Context, tx *db.Tx, merchant, but id.ID) error {
	n, err := db.Value[int](ctx, tx, `select count(*) from staff where merchant_id = $1 and role = 'owner' and active and id <> $2`, merchant, but)
	if err == nil && n == 0 {
		return ErrLastOwner
	}
	return err
}

func endSessions(tx *db.Tx, merchant, staff id.ID) {
	tx.Queue(`delete from sessions where merchant_id = $1 and staff_id = $2`, merchant, staff)
	forgetAfter(tx)
}

func auditStaff(ctx context.Context, tx *db.Tx, merchant, staff id.ID, action string, detail any) error {
	return Audit(ctx, tx, Record{Merchant: merchant, Action: action, SubjectKind: "staff", SubjectID: staff.String(), Detail: detail})
}
