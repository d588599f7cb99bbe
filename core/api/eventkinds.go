package api

// docsEvent is a type of event as the page shows it.
type docsEvent struct {
	Type, When string
	Data       []docsField
}

// always is a field that each event of the type has, sometimes one that may be
// absent.
func always(name, kind, doc string) docsField {
	return docsField{Name: name, Type: kind, Doc: doc, Required: true}
}

func sometimes(name, kind, doc string) docsField { return docsField{Name: name, Type: kind, Doc: doc} }

// docsEvents are the events that the program emits, by type.
func docsEvents() []docsEvent {
	document := []docsField{
		always("sale_id", "uuid", "The document."), always("kind", "sale | refund | void | cash_out", ""), sometimes("of_sale_id", "uuid", "Refund, void: the sale."), always("number", "string", "Of the receipt."),
		always("register_id", "uuid", ""), sometimes("member_id", "uuid", ""), always("currency", "string", ""), always("total", "decimal string", ""), always("points", "integer", "Earned, or taken back."),
		always("business_date", "date", ""), always("tenders", "list of string", "Their types."), always("lines", "integer", "How many."), sometimes("tier", "string", "The member's tier after it, where it has changed."),
		sometimes("rule_fallbacks", "list of string", "The packs that failed; the sale went on without them."),
	}
	failure := []docsField{always("pack_id", "string", ""), always("version", "string", ""), always("hook", "string", "What was asked."), always("reason", "string", "The code of the fault."), always("sale_id", "uuid", "The sale that went on without it.")}
	return []docsEvent{
		{"books.difference.v1", "A proof has found a figure that does not follow from the entries.", []docsField{
			always("proof_id", "uuid", "The run in the record of proofs."), always("kind", "full | incremental", ""), always("checked", "integer", "Figures that were recomputed."), always("differences", "integer", "How many were found."),
			always("from_seal", "integer", ""), always("to_seal", "integer", ""), always("first", "list of object", "At most ten differences: check, subject, want and got, in minor units."),
		}},
		{"campaign.granted.v1", "An event has set off something that was given to a member.", []docsField{
			always("member_id", "uuid", ""), always("event", "joined | birthday | sale | check_in | lapsed | referral | tier | top_up", ""), always("event_key", "string", "What happened, once and for all."), always("grants", "integer", "How many things were given."),
		}},
		{"coupon.expiring.v1", "A member's coupon ends within the remind_days of its definition; once for each coupon.", []docsField{
			always("coupon_id", "uuid", ""), always("definition_id", "uuid", ""), always("member_id", "uuid", ""), sometimes("valid_until", "date-time", "Where it ends at an instant."), sometimes("until_date", "date", "Where it ends with a business date."),
		}},
		{"coupon.moved.v1", "A coupon has another owner.", []docsField{
			always("coupon_id", "uuid", ""), always("kind", "transfer | assign | claim", ""), sometimes("from_member_id", "uuid", "Absent where it was a bearer's."), always("to_member_id", "uuid", ""),
		}},
		{"draw.played.v1", "A member's chance was played.", []docsField{
			always("draw_id", "uuid", ""), always("member_id", "uuid", ""), always("pack_id", "string", "The pack that drew."), sometimes("prize", "string", "Its code; absent where nothing was won."),
		}},
		{"member.checked_in.v1", "A member was checked in.", []docsField{
			always("member_id", "uuid", ""), always("date", "date", "The business date."), always("streak", "integer", "Days in a row, this one included."),
		}},
		{"member.joined.v1", "A member was enrolled.", []docsField{always("member_id", "uuid", "")}},
		{"member.tier_changed.v1", "A review, a refund or a person has changed a member's tier; a change by a sale is in the event of the sale.", []docsField{
			always("member_id", "uuid", ""), always("from", "string", "The code, \"\" without one."), always("to", "string", "The code, \"\" without one."), always("reason", "string", "A code."),
		}},
		{"message.due.v1", "A rule wants a member to be told something; whoever sends messages takes it up.", []docsField{
			always("member_id", "uuid", ""), always("template", "string", "Which message."), always("grant_id", "uuid", "Once for each: a repetition is the same message."), always("pack_id", "string", ""), always("pack_version", "string", ""),
			always("code", "string", "Of the pack's own catalogue."), sometimes("arg", "integer", ""), sometimes("money", "integer", "Minor units."), sometimes("label", "string", ""),
		}},
		{"pack.changed.v1", "A rule pack was switched, configured or updated in a shop.", []docsField{
			always("pack_id", "string", ""), always("version", "string", ""), always("enabled", "boolean", ""), always("config_hash", "string", "Of the configuration."), always("priority", "integer", ""),
		}},
		{"pack.failed.v1", "A rule pack has failed; the sale went on without it.", failure},
		{"pack.replay_differs.v1", "The nightly replay of recorded rule calls gave other bytes than the sales have.", []docsField{
			always("replay_id", "uuid", ""), always("day", "date", "The business date whose sales were taken."), always("differing", "integer", "Calls."), always("packs", "list of string", "Pack and version of each."),
		}},
		{"pack.switched_off.v1", "A rule pack failed too often in a row and was switched off in the shop.", failure},
		{"sale.cashed_out.v1", "Prepaid value was paid out.", document},
		{"sale.completed.v1", "A sale was completed.", document},
		{"sale.refunded.v1", "A refund or a void was made.", document},
		{"wallet.expiring.v1", "Something of a member's wallet ends soon; once for what ends at one instant.", []docsField{
			always("member_id", "uuid", ""), always("class", "principal | bonus | points | punch", ""), always("unit", "string", "A currency, points, or punch: and the service or plan."), always("amount", "integer", "Minor units, points or visits, by the unit."), always("expires_at", "date-time", ""),
		}},
	}
}
