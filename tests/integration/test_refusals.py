"""Every command and every route against wrong inputs: a clear error, and nothing changed.

The commands come from `douar help --json` and `douard help --json`, the routes from the latter: one
without a row here fails. A row is (where, command line, expected error, input); `where` names a
device or server of the office below.
"""

import json
import unittest

from office import Device, Office, Refused, SCHEMA, Server
from wrong import ask, ask_raw, capture, code_members, code_with, content_of

TABANT = "05.081.03.09"
AGOUDI = "05.081.03.01"
LONG = "x" * 5000
HOUSE = ["new", "register_household", "--place", TABANT, "--set", "head_name_ar=عائشة"]
NAMED = {"place": TABANT, "head_name_ar": "عائشة"}

# What the rows below call {case}, {deleted}, ... is made in setUpClass.
DOUAR = [
    ("amina", ["init"], "exists"),
    ("nowhere", ["init", "--passphrase-file", "/nonexistent/file"], "file"),
    ("nowhere", ["init", "--passphrase-file", "/proc/sys/kernel/ostype"], "weak_passphrase"),
    ("nowhere", ["init", "--key-file", "/etc/passwd"], "bad_format"),
    ("nowhere", ["unlock"], "no_home"),
    ("amina", ["unlock"], "locked"),  # nobody gave it a passphrase
    ("amina", ["unlock", "--minutes", "0"], "out_of_range"),
    ("amina", ["unlock", "--minutes", "soon"], "out_of_range"),
    ("amina", ["unlock", "--passphrase-file", "/nonexistent/file"], "file"),
    ("amina", ["unlock", "--passphrase-file", "/etc/passwd"], "wrong_secret"),
    ("nowhere", ["lock"], "no_home"),
    ("amina", ["lock", "now"], "usage"),
    ("nowhere", ["passwd"], "no_home"),
    ("amina", ["passwd"], "locked"),
    ("amina", ["passwd", "--passphrase-file", "/etc/passwd"], "wrong_secret"),
    ("nowhere", ["passwd", "add", "Said"], "no_home"),
    ("amina", ["passwd", "add"], "missing_argument"),
    ("amina", ["passwd", "add", "Said"], "locked"),
    ("amina", ["passwd", "remove", "Said"], "locked"),
    ("amina", ["passwd", "list", "Said"], "usage"),
    ("nowhere", ["recover"], "no_home"),
    ("amina", ["recover", "DOUAR-ANSWER-1-AAAA"], "not_found"),  # nothing was asked
    ("stranger", ["enrol", "DOUAR1-ABCDE"], "bad_code"),
    ("stranger", ["enrol", "nonsense"], "bad_code"),
    ("stranger", ["enrol", "{truncated}"], "bad_code"),
    ("stranger", ["enrol", "DOUAR1-" + LONG], "bad_code"),
    ("stranger", ["enrol", "{used}"], "code_used"),
    ("stranger", ["enrol", "{expired}"], "code_expired"),
    ("stranger", ["enrol", "{other_pin}"], "wrong_pin"),
    ("stranger", ["enrol", "{other_secret}"], "bad_code"),
    ("stranger", ["enrol", "{fresh}", "--name", LONG], "too_large"),
    ("amina", ["enrol", "{other_org}"], "already_enrolled"),
    ("nowhere", ["whoami"], "no_home"),
    ("stranger", ["persons"], "not_enrolled"),
    ("stranger", ["form", "list"], "not_enrolled"),
    ("amina", ["form", "show", "register_houshold"], "unknown_form"),
    ("nowhere", ["form", "check"], "missing_argument"),
    ("nowhere", ["form", "check", "/nonexistent/visit.xlsx"], "file"),
    ("nowhere", ["form", "check", "{file:no.xlsx}"], "bad_form_definition", "PK"),
    ("nowhere", ["form", "convert", "{file:no.xml}", "visit.txt"], "bad_choice", "<h:html"),
    ("nowhere", ["form", "convert", "{file:no.xml}", "visit.json"], "bad_form_definition", "<h:html"),
    ("nowhere", ["form", "convert", "{file:cut.json}", "visit.xml"], "bad_json", "[["),
    ("nowhere", ["form", "convert", str(SCHEMA / "forms" / "register_household.json"), "x.xml"],
     "bad_form_definition"),
    ("nowhere", ["form", "diff", "{file:no.xml}"], "missing_argument", "<h:html"),
    ("nowhere", ["form", "diff", "{file:no.xml}", "/nonexistent/visit.xlsx"], "bad_form_definition", "<h:html"),
    ("nowhere", ["form", "play", "/nonexistent/visit.xlsx"], "file"),
    ("nowhere", ["form", "play", "{file:old.json}"], "bad_form_definition", '{"douar_form":1}'),
    ("nowhere", ["form", "play", "{file:no.xml}", "--now", "soon"], "out_of_range", "<h:html"),
    ("nowhere", ["form", "show", "{file:no.xml}"], "bad_form_definition", "<h:html"),
    ("amina", ["place", "list", "99"], "unknown_place"),
    ("amina", ["place", "list", "--limit", "0"], "out_of_range"),
    ("amina", ["place", "add", "99.999", "--set", "name_ar=تغزوت"], "unknown_place"),
    ("amina", ["place", "add", AGOUDI, "--set", "name_ar=تغزوت"], "out_of_scope"),
    ("amina", ["place", "add", TABANT, "--set", "name_fr=Taghzout"], "required"),
    ("amina", ["place", "add", TABANT, "--set", "nam_ar=x"], "unknown_property"),
    ("reader", ["place", "add", TABANT, "--set", "name_ar=تغزوت"], "not_allowed"),
    ("amina", ["new", "register_houshold", "--set", "members=1"], "unknown_form"),
    ("amina", [*HOUSE, "--set", "phnoe=0661234567"], "unknown_property"),
    ("amina", [*HOUSE, "--set", "members=many"], "bad_value"),
    ("amina", [*HOUSE, "--set", "members=99"], "out_of_range"),
    ("amina", [*HOUSE, "--set", "water=beer"], "bad_choice"),
    ("amina", [*HOUSE, "--set", "phone=12"], "pattern"),
    ("amina", [*HOUSE, "--set", "rsu_score=3"], "group_incomplete"),
    ("amina", [*HOUSE, "--set", "location=here"], "bad_value"),
    ("amina", [*HOUSE, "--set", f"landmark={LONG}"], "too_large"),
    ("amina", [*HOUSE, "--set", "landmark"], "bad_value"),
    ("amina", ["new", "register_household", "--place", TABANT], "required"),
    ("amina", ["new", "register_household", "--set", "head_name_ar=x"], "missing_argument"),
    ("amina", ["new", "register_household", "--place", "99.999", "--set", "head_name_ar=x"],
     "unknown_place"),
    ("amina", ["new", "register_household", "--place", AGOUDI, "--set", "head_name_ar=x"],
     "out_of_scope"),
    ("amina", ["new", "register_person", "--parent", "Z99-99999-9", "--set", "name_ar=x", "--set",
               "sex=f"], "not_found"),
    ("amina", ["new", "register_household", "-"], "bad_json", "{\"place\": "),
    ("amina", ["new", "register_household", "-"], "bad_json", "{\"members\": 01}"),
    ("amina", ["new", "register_household", "-"], "bad_json", "{\"members\": 1, \"members\": 2}"),
    ("amina", ["new", "register_household", "-"], "bad_json", b"{\"head_name_ar\": \"\xff\"}"),
    ("amina", ["new", "register_household", "-"], "bad_json", {**NAMED, "members": 2.5}),
    ("amina", ["new", "register_household", "-"], "bad_value", {**NAMED, "members": [1]}),
    ("amina", ["new", "register_household", "-"], "too_large", {**NAMED, "landmark": "x" * 2_000_000}),
    ("reader", HOUSE, "not_allowed"),
    ("stranger", HOUSE, "not_enrolled"),
    ("amina", ["edit", "{case}", "--set", "phnoe=0661234567"], "unknown_property"),
    ("amina", ["edit", "{case}", "--set", "members=many"], "bad_value"),
    ("amina", ["edit", "{case}", "--set", "vulnerability_score=3"], "read_only"),
    ("amina", ["edit", "{case}", "--set", "head_name_ar="], "required"),
    ("amina", ["edit", "{case}", "--set", f"place={AGOUDI}"], "out_of_scope"),
    ("amina", ["edit", "{case}", "--form", "nope", "--set", "members=1"], "unknown_form"),
    ("amina", ["edit", "{case}", "-"], "bad_json", "[1,"),
    ("amina", ["edit", "Z99-99999-9", "--set", "members=1"], "not_found"),
    ("amina", ["edit", "{deleted}", "--set", "members=1"], "deleted"),
    ("reader", ["edit", "{case}", "--set", "members=1"], "not_allowed"),
    ("reader", ["undo"], "nothing_to_undo"),
    ("amina", ["fill"], "missing_argument"),
    ("amina", ["fill", "nope"], "unknown_form"),
    ("amina", ["fill", "register_household"], "plain_form"),
    ("amina", ["fill", "--draft", "zzzz"], "not_found"),
    ("amina", ["draft", "list", "x"], "usage"),
    ("amina", ["draft", "drop", "zzzz"], "not_found"),
    ("amina", ["delete", "{case}"], "missing_argument"),
    ("amina", ["delete", "{deleted}", "--reason", "again"], "deleted"),
    ("amina", ["delete", "Z99-99999-9", "--reason", "none"], "not_found"),
    ("reader", ["delete", "{case}", "--reason", "no"], "not_allowed"),
    ("amina", ["show", "Z99-99999-9"], "not_found"),
    ("stranger", ["show", "{case}"], "not_enrolled"),
    ("amina", ["list", "houshold"], "unknown_type"),
    ("amina", ["list", "household", "--where", "phnoe=1"], "unknown_property"),
    ("amina", ["list", "--where", "members=1"], "missing_argument"),
    ("amina", ["list", "household", "--limit", "1001"], "out_of_range"),
    ("amina", ["list", "household", "--limit", "many"], "out_of_range"),
    ("amina", ["find", "x", "--limit", "0"], "out_of_range"),
    ("stranger", ["find", "x"], "not_enrolled"),
    ("stranger", ["attach", "A", "house_photo", "x.jpg"], "not_enrolled"),
    ("amina", ["attach", "{case}", "house_photo", "/nonexistent.jpg"], "not_found"),
    ("amina", ["attach", "{case}", "house_photo", "/"], "file"),
    ("amina", ["attach", "{case}", "house_photo", str(SCHEMA / "protocol.md")], "file_kind"),
    ("amina", ["attach", "{case}", "phone", str(SCHEMA / "protocol.md")], "bad_value"),
    ("amina", ["attach", "{case}", "house_foto", str(SCHEMA / "protocol.md")], "unknown_property"),
    ("amina", ["attach", "Z99-99999-9", "house_photo", "x.jpg"], "not_found"),
    ("amina", ["attachment", "get", "{case}", "house_photo"], "missing_argument"),
    ("amina", ["attachment", "get", "{case}", "house_photo", "-o", "{out}"], "not_found"),
    ("amina", ["attachment", "get", "{case}", "house_foto", "-o", "{out}"], "unknown_property"),
    ("amina", ["attachment", "drop"], "missing_argument"),
    ("stranger", ["attachment", "drop", "--stable"], "not_enrolled"),
    ("stranger", ["sync"], "not_enrolled"),
    ("amina", ["sync", "--max-data", "much"], "bad_value"),
    ("amina", ["sync", "--max-data", "-1"], "bad_value"),
    ("revoked", ["sync"], "revoked"),
    ("stranger", ["bundle", "export", "{out}"], "not_enrolled"),
    ("amina", ["bundle", "export", "{out}", "--to", "Z99"], "unknown_node"),
    ("amina", ["bundle", "export", "/nonexistent/x.douar"], "not_found"),
    ("amina", ["bundle", "export", "{out}", "--max-data", "much"], "bad_value"),
    ("stranger", ["enrol", "DOUAR1-AAAA", "--bundle", "{out}"], "bad_code"),
    ("stranger", ["enrol", "DOUAR1-AAAA", "--bundle"], "missing_argument"),
    ("amina", ["bundle", "export", "{out}", "--max-data", "-1"], "bad_value"),
    ("amina", ["bundle", "export", "{file:taken.douar}"], "exists", "something else"),
    ("amina", ["bundle", "import", "/nonexistent/x.douar"], "not_found"),
    ("amina", ["bundle", "import", "{file:notes.txt}"], "bad_format", "not a bundle"),
    ("amina", ["bundle", "import", "{file:newer.douar}"], "unknown_format", "douar-bundle\2 and more"),
    ("amina", ["bundle", "import", "{file:cut.douar}"], "bundle_damaged", "douar-bundle\1 and more"),
    ("amina", ["status", "Z99-99999-9"], "not_found"),
    ("amina", ["status", "--records", "--limit", "0"], "out_of_range"),
    ("amina", ["disputes", "--limit", "0"], "out_of_range"),
    ("amina", ["resolve", "{case}", "phone", "--take", "1", "--reason", "x"], "not_disputed"),
    ("amina", ["resolve", "{disputed}", "phone", "--reason", "x"], "missing_argument"),
    ("amina", ["resolve", "{disputed}", "phone", "--take", "1"], "missing_argument"),
    ("amina", ["resolve", "{disputed}", "phone", "--take", "9", "--reason", "x"], "bad_value"),
    ("amina", ["resolve", "{disputed}", "phone", "--value", "12", "--reason", "x"], "pattern"),
    ("reader", ["resolve", "{disputed}", "phone", "--take", "1", "--reason", "x"], "not_allowed"),
    ("amina", ["resolve", "{case}", "phnoe", "--take", "1", "--reason", "x"], "unknown_property"),
    ("amina", ["resolve", "Z99-99999-9", "phone", "--take", "1", "--reason", "x"], "not_found"),
    ("amina", ["alias", "{case}", "--reason", "x"], "missing_argument"),
    ("amina", ["alias", "{case}", "{disputed}", "--undo", "--reason", "x"], "missing_argument"),
    ("amina", ["alias", "{case}", "{disputed}"], "missing_argument"),
    ("amina", ["alias", "{case}", "{case}", "--reason", "x"], "usage"),
    ("amina", ["alias", "{case}", "{deleted}", "--reason", "x"], "deleted"),
    ("amina", ["alias", "{case}", "Z99-99999-9", "--reason", "x"], "not_found"),
    ("amina", ["alias", "{case}", "--undo", "--reason", "x"], "usage"),
    ("reader", ["alias", "{case}", "{disputed}", "--reason", "x"], "not_allowed"),
    ("stranger", ["alias", "A", "B", "--reason", "x"], "not_enrolled"),
    ("amina", ["redact", "--reason", "x", "--yes"], "missing_argument"),
    ("amina", ["redact", "{case}", "--reason", "x", "--yes"], "missing_argument"),
    ("amina", ["redact", "{case}", "phone", "--all", "--reason", "x", "--yes"], "missing_argument"),
    ("amina", ["redact", "{case}", "phone", "--yes"], "missing_argument"),
    ("amina", ["redact", "{case}", "phone", "--reason", "x"], "missing_argument"),
    ("amina", ["redact", "{case}", "phnoe", "--reason", "x", "--yes"], "unknown_property"),
    ("amina", ["redact", "Z99-99999-9", "--all", "--reason", "x", "--yes"], "not_found"),
    ("reader", ["redact", "{case}", "phone", "--reason", "x", "--yes"], "not_allowed"),
    ("stranger", ["redact", "A", "--all", "--reason", "x", "--yes"], "not_enrolled"),
    ("amina", ["redact", "status", "Z99-99999-9"], "not_found"),
    ("stranger", ["redact", "status"], "not_enrolled"),
    ("stranger", ["forget"], "not_enrolled"),
    ("amina", ["forget", "--older-than", "many"], "out_of_range"),
    ("amina", ["recall", "Z99-99999-9"], "not_found"),
    ("stranger", ["reopen"], "not_enrolled"),
    ("amina", ["reopen", "A01"], "bad_value"),
    ("amina", ["reopen", LONG], "bad_value"),
    ("revoked", ["reopen"], "revoked"),
    ("amina", ["reopen-code"], "missing_argument"),
    ("stranger", ["reopen-code", "x"], "not_enrolled"),
    ("amina", ["reopen-code", "x", "--days", "many"], "out_of_range"),
    ("nowhere", ["digest"], "no_home"),
    ("nowhere", ["check"], "no_home"),
    ("amina", ["version", "more"], "usage"),
    ("amina", ["help", "nope"], "unknown_command"),
    ("amina", ["nope"], "unknown_command"),
]

DOUARD = [
    ("hub", ["init", "--hub", "--name", "x"], "exists"),
    ("new", ["init", "--hub", "--name", "x", "--passphrase-file", "/nonexistent/file"], "file"),
    ("new", ["init", "--hub", "--name", "x", "--key-file", "/etc/passwd"], "bad_format"),
    ("nowhere", ["unlock"], "no_home"),
    ("hub", ["unlock"], "locked"),
    ("hub", ["unlock", "--passphrase-file", "/etc/passwd"], "wrong_secret"),
    ("nowhere", ["lock"], "no_home"),
    ("hub", ["lock", "now"], "usage"),
    ("nowhere", ["passwd"], "no_home"),
    ("hub", ["passwd"], "locked"),
    ("hub", ["passwd", "--passphrase-file", "/nonexistent/file"], "file"),
    ("hub", ["serve", "--locked", "now"], "usage"),
    ("hub", ["passwd", "add"], "missing_argument"),
    ("hub", ["passwd", "add", "Said"], "locked"),
    ("hub", ["passwd", "remove", "Said"], "locked"),
    ("hub", ["passwd", "list", "Said"], "usage"),
    ("hub", ["recover"], "missing_argument"),
    ("hub", ["recover", "x"], "missing_argument"),
    ("hub", ["recover", "x", "--key", "/nonexistent/file"], "file"),
    ("hub", ["recover", "x", "--key", "/etc/passwd"], "bad_format"),
    ("new", ["init", "--name", "x"], "missing_argument"),
    ("new", ["init", "--hub", "--region", "--name", "x"], "missing_argument"),
    ("new", ["init", "--hub"], "missing_argument"),
    ("new", ["init", "--hub", "--name", "x", "--port", "99999"], "bad_configuration"),
    ("new", ["init", "--hub", "--name", "x", "--url", "http://x"], "bad_configuration"),
    ("hub", ["serve"], "port_unusable"),  # by itself
    ("nowhere", ["serve"], "no_home"),
    ("region", ["type", "add", "{file:type.json}"], "bad_type_definition", {"type": "x"}),
    ("region", ["type", "add", "{file:cut.json}"], "bad_json", "{\"type\": "),
    ("region", ["type", "add", "{file:conflict.json}"], "type_conflict", "{conflict}"),
    ("region", ["type", "add", "/nonexistent.json"], "file"),
    ("hub", ["type", "add", str(SCHEMA / "types" / "household.json")], "not_allowed"),
    ("region", ["type", "add", "{file:conflict.json}", "--dry-run"], "type_conflict", "{conflict}"),
    ("region", ["type", "show", "nope"], "unknown_type"),
    ("region", ["type", "show"], "missing_argument"),
    ("nowhere", ["type", "show", "household"], "no_home"),
    ("nowhere", ["type", "list"], "no_home"),
    ("region", ["form", "add", "{file:form.json}"], "bad_form_definition", {"form": "x"}),
    ("region", ["form", "add", "{file:cut.json}"], "bad_json", "[["),
    ("region", ["form", "add", "{file:no.xlsx}"], "bad_form_definition", "PK"),
    ("region", ["form", "add", "{file:no.xml}"], "bad_form_definition", "<h:html"),
    ("region", ["form", "add", "{file:old.json}"], "bad_form_definition", '{"douar_form":1}'),
    ("region", ["form", "add", "{file:new.json}"], "unknown_format", '{"douar_form":9}'),
    ("hub", ["form", "add", str(SCHEMA / "forms" / "register_household.json")], "not_allowed"),
    ("nowhere", ["form", "list"], "no_home"),
    ("region", ["geo", "import", "{file:geo.csv}"], "bad_configuration", "code,level\n05,region\n"),
    ("region", ["geo", "import", "/nonexistent.csv"], "file"),
    ("hub", ["geo", "import", str(SCHEMA / "geo" / "beni-mellal-khenifra.csv")], "not_allowed"),
    ("region", ["place", "list", "--scope", "99"], "unknown_place"),
    ("region", ["person", "add", "x"], "missing_argument"),
    ("region", ["person", "add", "x", "--role", "king"], "bad_choice"),
    ("region", ["person", "add", "", "--role", "worker"], "bad_value"),
    ("region", ["person", "add", LONG, "--role", "worker"], "bad_value"),
    ("hub", ["person", "add", "x", "--role", "worker"], "not_allowed"),
    ("region", ["person", "grant", "Nobody", "--scope", "05", "--compartment", "base", "--verbs",
                "read"], "unknown_person"),
    ("region", ["person", "grant", "Amina", "--scope", "99", "--compartment", "base", "--verbs",
                "read"], "unknown_place"),
    ("region", ["person", "grant", "Amina", "--scope", "05", "--compartment", "secret", "--verbs",
                "read"], "unknown_compartment"),
    ("region", ["person", "grant", "Amina", "--scope", "05", "--compartment", "base", "--verbs",
                "rule"], "bad_choice"),
    ("region", ["person", "grant", "Amina"], "missing_argument"),
    ("hub", ["person", "grant", "Amina", "--scope", TABANT, "--compartment", "base", "--verbs",
             "read"], "not_allowed"),
    ("region", ["person", "revoke", "Nobody"], "unknown_person"),
    ("hub", ["person", "revoke", "Amina"], "not_allowed"),
    ("nowhere", ["person", "list"], "no_home"),
    ("hub", ["node", "invite"], "missing_argument"),
    ("hub", ["node", "invite", "--role", "king", "--scope", TABANT], "bad_choice"),
    ("hub", ["node", "invite", "--role", "hub", "--scope", TABANT], "not_allowed"),
    ("hub", ["node", "invite", "--role", "worker", "--scope", "99"], "unknown_place"),
    ("hub", ["node", "invite", "--role", "worker", "--scope", "05.301"], "out_of_scope"),
    ("hub", ["node", "invite", "--role", "worker", "--scope", TABANT, "--compartment", "secret"],
     "unknown_compartment"),
    ("hub", ["node", "invite", "--role", "worker", "--scope", TABANT, "--compartment", "base",
             "--person", "Nobody"], "unknown_person"),
    ("hub", ["node", "invite", "--role", "worker", "--scope", TABANT, "--compartment", "base",
             "--hours", "0"], "out_of_range"),
    ("nowhere", ["node", "list"], "no_home"),
    ("hub", ["node", "revoke", "Z99"], "unknown_node"),
    ("hub", ["node", "reopen", "A01"], "bad_value"),
    ("hub", ["node", "reopen", "A01-AAAAAAAA-A"], "bad_value"),
    ("hub", ["node", "reopen", "A01-AAAAAAAA-A", "--days", "31"], "out_of_range"),
    ("nowhere", ["node", "reopen", "x"], "no_home"),
    ("nowhere", ["lease"], "no_home"),
    ("hub", ["lease", "--days", "3"], "not_allowed"),
    ("region", ["lease", "--days", "3651"], "out_of_range"),
    ("region", ["lease", "--days", "many"], "out_of_range"),
    ("hub", ["node", "scope", "Z99", "--scope", TABANT], "unknown_node"),
    ("hub", ["node", "scope", "A01", "--scope", "99"], "unknown_place"),
    ("hub", ["node", "scope", "A01", "--scope", "05.301"], "out_of_scope"),
    ("hub", ["uplink", "set", "nonsense"], "bad_code"),
    ("hub", ["uplink", "set", "{other_org}"], "already_enrolled"),
    ("region", ["uplink", "set", "{fresh}"], "not_allowed"),
    ("region", ["uplink", "sync"], "not_enrolled"),
    ("region", ["uplink", "status"], "not_enrolled"),
    ("region", ["bundle", "export", "{out}"], "missing_argument"),
    ("hub", ["bundle", "export", "{out}", "--to", "Z99"], "unknown_node"),
    ("hub", ["bundle", "export", "{file:taken.douar}"], "exists", "something else"),
    ("hub", ["bundle", "export", "{out}", "--max-data", "2 lorries"], "bad_value"),
    ("hub", ["uplink", "set", "DOUAR1-AAAA", "--bundle", "{out}"], "bad_code"),
    ("region", ["uplink", "set", "DOUAR1-AAAA", "--bundle", "{out}"], "not_allowed"),
    ("hub", ["bundle", "import", "/nonexistent/x.douar"], "not_found"),
    ("hub", ["bundle", "import", "{file:notes.txt}"], "bad_format", "not a bundle"),
    ("hub", ["bundle", "import", "{file:cut.douar}"], "bundle_damaged", "douar-bundle\1 and more"),
    ("hub", ["quarantine", "list", "--limit", "0"], "out_of_range"),
    ("hub", ["quarantine", "show", "one"], "bad_value"),
    ("hub", ["quarantine", "show", "99999"], "not_found"),
    ("hub", ["quarantine", "accept", "99999", "--reason", "x", "--person", "Khadija"], "not_found"),
    ("hub", ["quarantine", "accept", "99999", "--person", "Khadija"], "missing_argument"),
    ("hub", ["quarantine", "refuse", "99999", "--reason", "x"], "missing_argument"),
    ("hub", ["review", "list", "--limit", "0"], "out_of_range"),
    ("hub", ["review", "show", "Z99-99999-9"], "not_found"),
    ("hub", ["review", "resolve", "Z99-99999-9", "phone", "--take", "1", "--reason", "x",
             "--person", "Khadija"], "not_found"),
    ("hub", ["review", "resolve", "{case}", "phone", "--take", "1", "--reason", "x", "--person",
             "Khadija"], "not_disputed"),
    ("hub", ["review", "resolve", "{case}", "phone", "--take", "1", "--person", "Khadija"],
     "missing_argument"),
    ("hub", ["review", "resolve", "{case}", "phone", "--take", "1", "--reason", "x", "--person",
             "Nobody"], "unknown_person"),
    ("hub", ["review", "settle", "nope"], "not_found"),
    ("nowhere", ["notice", "list"], "no_home"),
    ("hub", ["review", "doubles", "--limit", "0"], "out_of_range"),
    ("hub", ["alias", "{case}", "{case}", "--person", "Khadija", "--reason", "x"], "usage"),
    ("hub", ["alias", "{case}", "{disputed}", "--person", "Khadija"], "missing_argument"),
    ("hub", ["alias", "{case}", "--person", "Khadija", "--reason", "x"], "missing_argument"),
    ("hub", ["alias", "{case}", "{disputed}", "--person", "Amina", "--reason", "x"], "not_allowed"),
    ("hub", ["alias", "{case}", "{deleted}", "--person", "Khadija", "--reason", "x"], "deleted"),
    ("hub", ["alias", "{case}", "--undo", "--person", "Khadija", "--reason", "x"], "usage"),
    ("hub", ["redact", "{case}", "phone", "--person", "Amina", "--reason", "x", "--yes"], "not_allowed"),
    ("hub", ["redact", "{case}", "phone", "--person", "Khadija", "--reason", "x", "--yes"], "not_allowed"),
    ("hub", ["redact", "{case}", "phone", "--person", "Rkia", "--reason", "x"], "missing_argument"),
    ("hub", ["redact", "{case}", "phone", "--person", "Rkia", "--yes"], "missing_argument"),
    ("hub", ["redact", "{case}", "--person", "Rkia", "--reason", "x", "--yes"], "missing_argument"),
    ("hub", ["redact", "{case}", "phnoe", "--person", "Rkia", "--reason", "x", "--yes"],
     "unknown_property"),
    ("hub", ["redact", "{case}", "phone", "--person", "Rkia", "--reason", "had 0661234567", "--yes"],
     "reason_repeats"),
    ("hub", ["redact", "Z99-99999-9", "--all", "--person", "Rkia", "--reason", "x", "--yes"],
     "not_found"),
    ("hub", ["redact", "status", "Z99-99999-9"], "not_found"),
    ("nowhere", ["redact", "status"], "no_home"),
    ("hub", ["notice", "settle", "nope"], "not_found"),
    ("hub", ["notice", "settle", "99999"], "not_found"),
    ("hub", ["show", "Z99-99999-9"], "not_found"),
    ("hub", ["list", "houshold"], "unknown_type"),
    ("hub", ["list", "household", "--where", "phnoe=1"], "unknown_property"),
    ("hub", ["list", "--where", "members=1"], "missing_argument"),
    ("hub", ["list", "--limit", "many"], "out_of_range"),
    ("hub", ["find", "x", "--limit", "0"], "out_of_range"),
    ("hub", ["export", "houshold", "--format", "csv", "-o", "{out}"], "unknown_type"),
    ("hub", ["export", "household", "--format", "xls", "-o", "{out}"], "bad_choice"),
    ("hub", ["export", "household", "--format", "csv"], "missing_argument"),
    ("hub", ["export", "household", "--format", "csv", "-o", "/nonexistent/x.csv"], "file"),
    ("hub", ["backup", "/nonexistent/x.db"], "database"),
    ("nowhere", ["snapshot"], "no_home"),
    ("hub", ["snapshot", "more"], "usage"),
    ("nowhere", ["collect"], "no_home"),
    ("hub", ["collect", "more"], "usage"),
    ("hub", ["collect", "--days", "36501"], "out_of_range"),
    ("hub", ["collect", "--days", "soon"], "out_of_range"),
    ("hub", ["collect", "--days"], "missing_argument"),
    ("nowhere", ["restore", "{out}"], "no_home"),
    ("nowhere", ["restore", "{out}", "--key", "/etc/passwd"], "file"),
    ("hub", ["restore", "/nonexistent/x.db"], "in_use"),
    ("nowhere", ["digest"], "no_home"),
    ("nowhere", ["check"], "no_home"),
    ("nowhere", ["stats"], "no_home"),
    ("hub", ["help", "nope"], "unknown_command"),
    ("hub", ["nope"], "unknown_command"),
]


ENROL = {"Content_Type": "application/json"}
SYNC = {"Content_Type": "application/octet-stream"}
NODE_AT, SIGNATURE_AT, PACKED_AT = 2, 34, 98  # in an envelope (schema/protocol.md, Transport)


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def enrolment(invitation, **members):
    known = code_members(invitation)
    request = {"v": 1, "code": known["c"], "secret": known["s"], "node": "A" * 22, "key": "A" * 43,
               "name": "x", "sig": "A" * 86, **members}
    return json.dumps({name: value for name, value in request.items() if value is not None}).encode()


def enrol_rows(words):
    fresh = words["fresh"]
    ask_for = ("POST", "/v1/enrol")
    return [
        (("GET", "/v1/enrol"), b"", {}, 405, "wrong_method"),
        (ask_for, b"{}", {"Content_Type": "text/plain"}, 415, "wrong_content_type"),
        (ask_for, b"", ENROL, 400, "bad_json"),
        (ask_for, b"{\"v\":1", ENROL, 400, "bad_json"),
        (ask_for, b"{\"v\":1,\"v\":1}", ENROL, 400, "bad_json"),
        (ask_for, b"[]", ENROL, 400, "bad_format"),
        (ask_for, b"x" * 5000, ENROL, 413, "too_large"),
        (ask_for, enrolment(fresh, v=2), ENROL, 400, "unknown_format"),
        (ask_for, enrolment(fresh, name=None), ENROL, 400, "bad_format"),
        (ask_for, enrolment(fresh, node="A"), ENROL, 400, "bad_format"),
        (ask_for, enrolment(fresh, name=7), ENROL, 400, "bad_format"),
        # Who can't sign learns nothing of the code; used and expired ones are rows of `enrol`.
        (ask_for, enrolment(fresh, code="AAAAAAAA"), ENROL, 403, "bad_signature"),
        (ask_for, enrolment(fresh, secret="A" * 22), ENROL, 403, "bad_signature"),
        (ask_for, enrolment(fresh), ENROL, 403, "bad_signature"),
    ]


def sync_rows(request, revoked):
    send = ("POST", "/v1/sync")
    return [
        (("PUT", "/v1/sync"), b"", SYNC, 405, "wrong_method"),
        (send, request, ENROL, 415, "wrong_content_type"),
        (send, b"", SYNC, 400, "bad_format"),
        (send, request[:PACKED_AT - 1], SYNC, 400, "bad_format"),
        (send, b"\x02" + request[1:], SYNC, 400, "unknown_format"),
        (send, flipped(request, NODE_AT), SYNC, 401, "unauthenticated"),
        (send, flipped(request, SIGNATURE_AT), SYNC, 403, "bad_signature"),
        (send, flipped(request, PACKED_AT + 5), SYNC, 403, "bad_signature"),
        (send, request[:-1], SYNC, 403, "bad_signature"),
        (send, request + b"x", SYNC, 403, "bad_signature"),
        (send, revoked, SYNC, 403, "revoked"),
    ]


def snapshot_rows(request):
    ask_for = ("POST", "/v1/snapshot")
    return [
        (("GET", "/v1/snapshot"), b"", SYNC, 405, "wrong_method"),
        (ask_for, request, ENROL, 415, "wrong_content_type"),
        (ask_for, b"", SYNC, 400, "bad_format"),
        (ask_for, b"\x02" + request[1:300], SYNC, 400, "unknown_format"),
        (ask_for, flipped(request, NODE_AT)[:300], SYNC, 401, "unauthenticated"),
        # Signed for another path.
        (ask_for, request[:1000], SYNC, 403, "bad_signature"),
        (ask_for, b"x" * 2000, SYNC, 413, "too_large"),
    ]


def blob_rows(request, revoked):
    """A request for the other lane is none for this one: its signature is over the path."""
    send = ("POST", "/v1/blob")
    return [
        (("PUT", "/v1/blob"), b"", SYNC, 405, "wrong_method"),
        (("GET", "/v1/blob/" + "A" * 43), b"", SYNC, 404, "no_such_route"),
        (send, request, ENROL, 415, "wrong_content_type"),
        (send, b"", SYNC, 400, "bad_format"),
        (send, b"x" * 200000, SYNC, 413, "too_large"),
        (send, flipped(request, NODE_AT), SYNC, 401, "unauthenticated"),
        (send, request, SYNC, 403, "bad_signature"),
        (send, revoked, SYNC, 403, "revoked"),
    ]


OTHER_ROUTES = [
    (("POST", "/v1/hello"), b"", {}, 405, "wrong_method"),
    (("GET", "/v1/nope"), b"", {}, 404, "no_such_route"),
    (("GET", "/"), b"", {}, 404, "no_such_route"),
]


def differing(before, after):
    """The tables that hold something else now, by the node's name."""
    changed = {name: [table for table in before[name] if before[name][table] != after[name][table]]
               for name in before}
    return {name: tables for name, tables in changed.items() if tables}


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = office = Office()
        cls.addClassCleanup(office.close)
        office.open()
        cls.nodes = {"region": office.region}
        cls.nodes["hub"] = hub = office.hub("azilal", "05.081")
        office.person("Amina", "worker", [TABANT])
        office.person("Youssef", "worker", [TABANT], verbs=["read"])
        office.person("Khadija", "supervisor", ["05.081"], verbs=["read", "write", "review"])
        office.person("Rkia", "supervisor", ["05.081"], verbs=["read", "write", "redact"])
        hub.uplink()
        words = {"used": hub.invite("worker", [TABANT], ["base"], "Amina")}
        amina = Device(office, "amina")
        amina.enrol(words["used"])
        reader = office.device("reader", hub, [TABANT], person="Youssef")
        revoked = office.device("revoked", hub, [TABANT], person="Amina")
        words["case"] = amina.call(*HOUSE, "--set", "phone=0661234567")["case"]
        words["deleted"] = amina.call(*HOUSE)["case"]
        amina.call("delete", words["deleted"], "--reason", "twice")
        amina.sync()
        brahim = office.device("brahim", hub, [TABANT], person="Amina")
        words["disputed"] = amina.call(*HOUSE, "--set", "phone=0661234567")["case"]
        for device in (amina, brahim):
            device.sync()
        amina.edit(words["disputed"], phone="0671000001")
        brahim.edit(words["disputed"], phone="0672000002")
        for device in (amina, brahim, amina, reader):
            device.sync()
        hub.call("node", "revoke", revoked.call("whoami")["short"])
        revoked.run("sync")  # it learns so, and remembers
        stranger = Device(office, "stranger")
        stranger.call("init")
        cls.nodes |= {"amina": amina, "reader": reader, "revoked": revoked, "stranger": stranger}
        cls.words = words
        cls.spoil_codes(hub)
        hub.call("stats")  # what follows from the log is brought up to date when somebody reads

    @classmethod
    def spoil_codes(cls, hub):
        words = cls.words
        hub.clock_offset_ms = -1000 * 3_600_000
        words["expired"] = hub.invite("worker", [TABANT], ["base"])
        hub.clock_offset_ms = 0
        fresh = words["fresh"] = hub.invite("worker", [TABANT], ["base"])
        words["truncated"] = fresh[:-6]
        words["other_pin"] = code_with(fresh, p=["A" * 43 + "="])
        words["other_secret"] = code_with(fresh, s="A" * 22)
        words["other_org"] = code_with(fresh, o="A" * 22)
        words["out"] = str(cls.office.folder / "out.csv")
        household = json.loads((SCHEMA / "types" / "household.json").read_text())
        household["version"] += 1
        for one in household["properties"]:
            if one["id"] == "members":
                one["type"] = "text"
                one.pop("min"), one.pop("max")
        words["conflict"] = json.dumps(household)

    def setUp(self):
        self.known = None  # what all nodes hold, when nothing happened since it was looked at

    # ---- running a row

    def node(self, where, program):
        if where in self.nodes:
            return self.nodes[where]
        kind = Device if program == "douar" else Server
        return kind(self.office, f"{where}-{program}")

    def fill(self, word, given):
        if word.startswith("{file:"):
            file = self.office.folder / word[len("{file:"):-1]
            text = given if isinstance(given, str) else json.dumps(given)
            file.write_text(self.words["conflict"] if text == "{conflict}" else text)
            return str(file)
        return self.words[word[1:-1]] if word.startswith("{") and word.endswith("}") else word

    def state(self):
        return {name: content_of(node.home) for name, node in self.nodes.items()}

    def is_refused(self, node, line, error, given=None):
        files = any(word.startswith("{file:") for word in line)
        words = [self.fill(word, given) for word in line]
        with self.subTest(program=node.program, line=line[:4], error=error):
            before = self.known or self.state()
            with self.assertRaises(Refused) as caught:
                node.call(*words, input=None if files else given)
            refusal = caught.exception
            self.assertEqual(refusal.error, error, refusal)
            self.is_clear(refusal)
            after = self.state()
            self.assertEqual(differing(before, after), {}, f"{line}: {error}, and yet it changed")
            self.known = after

    def is_clear(self, refusal):
        """A sentence for a person, whole, with its arguments in it."""
        self.assertGreater(len(refusal.message), 15, refusal)
        self.assertNotRegex(refusal.message, r"\{\d\}|error\.|\(null\)")

    def walk(self, program, rows):
        for where, line, error, *given in rows:
            self.is_refused(self.node(where, program), line, error, *given)

    def every_command_has_a_row(self, node, rows):
        commands = [one["command"] for one in node.call("help")["commands"]]
        self.assertGreater(len(commands), 20)
        lines = [" ".join(line) + " " for _, line, *_ in rows]
        missing = [name for name in commands if not any(line.startswith(name + " ")
                                                        for line in lines)]
        self.assertEqual(missing, [], "commands without a wrong input")
        return node.call("help")["commands"]

    def every_command_refuses_what_it_does_not_know(self, node, commands):
        for one in commands:
            name = one["command"].split()
            self.is_refused(node, [*name, "--nope"], "unknown_option")
            self.is_refused(node, [*name, "--lang", "xx"], "bad_choice")
            if one["words"] and not one["words"].startswith("["):
                self.is_refused(node, name, "missing_argument")

    # ---- routes

    def is_refused_by_route(self, route, body, headers, status, error):
        with self.subTest(route=route, error=error, size=len(body)):
            before = self.state()
            got, answer = ask(self.nodes["hub"].port, *route, body, **headers)
            self.assertIsInstance(answer, dict, f"{got}, {error} expected")
            self.assertEqual((got, answer.get("error")), (status, error), answer)
            self.assertIsInstance(answer["args"], list)
            self.assertEqual(differing(before, self.state()), {}, "refused, and yet it changed")

    def every_route_has_a_row(self, rows):
        refused = {path for (_, path), *_ in rows}
        routes = {one["path"] for one in self.nodes["hub"].call("help")["routes"]}
        self.assertTrue(routes)
        self.assertEqual(routes - refused, set(), "routes without a wrong input")

    def test_routes(self):
        hub, amina = self.nodes["hub"], self.nodes["amina"]
        revoked = capture(hub, self.nodes["revoked"], "sync")
        amina.call(*HOUSE)
        request = capture(hub, amina, "sync")
        rows = enrol_rows(self.words) + sync_rows(request, revoked) \
            + snapshot_rows(request) + blob_rows(request, revoked) + OTHER_ROUTES
        self.every_route_has_a_row(rows)
        for row in rows:
            self.is_refused_by_route(*row)
        self.is_cut_or_unmeasured()
        # Unspoilt it is taken; then it is worth nothing any more, here or elsewhere.
        self.assertEqual(ask(hub.port, "POST", "/v1/sync", request, **SYNC)[0], 200)
        hub.call("stats")  # the hub projects what it took when it is idle, or when somebody reads
        self.is_refused_by_route(("POST", "/v1/sync"), request, SYNC, 409, "stale_request")
        # Its author got no answer; it asks first, and learns that all is there.
        self.assertLess(amina.sync()["bytes_sent"], len(request))
        hub.uplink()
        status, answer = ask(self.office.region.port, "POST", "/v1/sync", request, **SYNC)
        self.assertEqual((status, answer["error"]), (403, "bad_signature"))

    def is_cut_or_unmeasured(self):
        before = self.state()
        head = (b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                b"Content-Type: application/octet-stream\r\n")
        port = self.nodes["hub"].port
        self.assertNotIn(b" 200 ", ask_raw(port, head + b"Content-Length: 1000\r\n\r\nshort"))
        large = b"Content-Length: %d\r\n\r\n" % (PACKED_AT + (4 << 20) + 1)
        self.assertIn(b" 413 ", ask_raw(port, head + large))
        unmeasured = ask_raw(port, head + b"Transfer-Encoding: chunked\r\n\r\n"
                             b"3\r\nabc\r\n0\r\n\r\n")
        self.assertIn(b" 400 ", unmeasured)  # three bytes are no envelope, however they come
        self.assertNotIn(b" 200 ", ask_raw(port, b"\x00" * 100))
        self.assertEqual(self.state(), before)

    # ---- the walks

    def test_commands_of_the_device(self):
        self.every_command_has_a_row(self.nodes["amina"], DOUAR)
        self.walk("douar", DOUAR)

    def test_commands_of_the_office(self):
        self.every_command_has_a_row(self.nodes["hub"], DOUARD)
        self.walk("douard", DOUARD)

    def test_every_command_refuses_what_it_does_not_know(self):
        for name in ("amina", "hub"):
            node = self.nodes[name]
            self.every_command_refuses_what_it_does_not_know(node, node.call("help")["commands"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
