-- The node: an append-only log of ops, the registers that follow from it, and feeds by scope.
-- One schema for device, hub and region. Tables marked [derived] can be rebuilt from the log
-- (`check --rebuild`). Ids on the wire are 16 bytes; in large tables they are local integers.

-- What this node is: role, id, key, epoch, clocks, counters (node_self.h names the keys).
CREATE TABLE self(key TEXT PRIMARY KEY, value) WITHOUT ROWID;

-- Local numbers of names: scopes, compartments, registers, types.
CREATE TABLE symbol(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

-- One incarnation of a writer. seq/link: how far its chain is known without a gap; base: where
-- the chain starts here; stable: how far the region's backup has it.
CREATE TABLE origin(
    id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, node BLOB,
    base_seq INTEGER NOT NULL DEFAULT 0, seq INTEGER NOT NULL DEFAULT 0, link BLOB,
    stable_seq INTEGER NOT NULL DEFAULT 0, stable_link BLOB, stable_backup INTEGER NOT NULL DEFAULT 0,
    rival_seq INTEGER, rival_link BLOB, -- at a hub: the region's backup has another chain under this name
    open_signature BLOB);
CREATE INDEX origin_node ON origin(node);
CREATE INDEX origin_stable ON origin(stable_backup);

-- Signed batches as they came, for relaying and for `check`. way: 0 own, 1 from below, 2 from above.
CREATE TABLE batch(
    id INTEGER PRIMARY KEY AUTOINCREMENT, origin INTEGER NOT NULL, first INTEGER NOT NULL,
    count INTEGER NOT NULL, prev BLOB NOT NULL, link BLOB NOT NULL, signature BLOB NOT NULL,
    way INTEGER NOT NULL, hub BLOB, receipt_ms INTEGER, receipt_signature BLOB,
    UNIQUE(origin, first, count, way));
CREATE INDEX batch_end ON batch(origin, first + count);

-- type: of the op with the smallest uid prefix (type_op), so that order doesn't matter.
-- root: the entity whose _scope it follows; itself for a root; NULL while unknown.
CREATE TABLE entity(
    id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, type INTEGER NOT NULL, type_op INTEGER NOT NULL,
    root INTEGER, missing INTEGER NOT NULL DEFAULT 0);
-- Which server's rows of a root went by unread while it was out of sight: what that server says
-- anew makes it whole again, another one may be behind. What a device let go it lacks of all of them. entity.missing: there is such a row.
-- Compartment '': of the whole tree. Else only the rest of that compartment is to come, after the
-- number `next` of the server in that epoch.
CREATE TABLE unread(root INTEGER, server BLOB, compartment TEXT NOT NULL DEFAULT '', next INTEGER NOT NULL DEFAULT 0,
    epoch INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(root, server, compartment)) WITHOUT ROWID;
CREATE INDEX entity_root ON entity(root);
CREATE INDEX entity_is_root ON entity(root) WHERE root = id;
CREATE INDEX entity_type ON entity(type);

-- The log. uid8: the first 8 bytes of uid, how predecessors name it. receipt_ms: earliest hub
-- receipt, NULL before one. way as in batch. flags: node_log.h; by them a collected op is told, of
-- which body holds what node_gone.h says.
CREATE TABLE op(
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid BLOB NOT NULL UNIQUE, entity INTEGER NOT NULL,
    compartment INTEGER NOT NULL, origin INTEGER, seq INTEGER, link BLOB,
    time_ms INTEGER NOT NULL, counter INTEGER NOT NULL, receipt_ms INTEGER,
    way INTEGER NOT NULL, flags INTEGER NOT NULL DEFAULT 0, tx INTEGER, org_signature BLOB,
    body BLOB NOT NULL);
CREATE INDEX op_entity ON op(entity);
CREATE UNIQUE INDEX op_slot ON op(origin, seq) WHERE origin IS NOT NULL;

-- Further envelopes of an op already held under another (issued again after a restore).
CREATE TABLE envelope(origin INTEGER, seq INTEGER, op INTEGER NOT NULL, link BLOB, PRIMARY KEY(origin, seq)) WITHOUT ROWID;
CREATE INDEX envelope_op ON envelope(op);

-- [derived] Ops whose value a register now holds; ops known to be superseded.
CREATE TABLE live(entity INTEGER, register INTEGER, uid8 INTEGER, op INTEGER NOT NULL,
    PRIMARY KEY(entity, register, uid8)) WITHOUT ROWID;
-- Not derivable from the log alone: a relay may know what is dead without holding who said so.
CREATE TABLE dead(entity INTEGER, register INTEGER, uid8 INTEGER,
    PRIMARY KEY(entity, register, uid8)) WITHOUT ROWID;

-- [derived] Live values of _scope of each root.
CREATE TABLE member(root INTEGER, scope INTEGER, PRIMARY KEY(root, scope)) WITHOUT ROWID;

-- A server's numbered feeds. n is one counter of the node; what: 0 op (ref: op), 1 enter
-- (ref: root), 2 dead learnt (ref: entity), 3 lowered effective time (ref: op).
-- hash: rolling, so that a cursor proves which history it read.
CREATE TABLE feed(id INTEGER PRIMARY KEY, scope INTEGER NOT NULL, compartment INTEGER NOT NULL,
    n INTEGER NOT NULL DEFAULT 0, hash INTEGER NOT NULL DEFAULT 0, UNIQUE(scope, compartment));
CREATE TABLE feed_row(feed INTEGER, n INTEGER, what INTEGER NOT NULL, ref INTEGER NOT NULL,
    hash INTEGER NOT NULL, PRIMARY KEY(feed, n)) WITHOUT ROWID;

-- A server this node syncs with (a device's hubs, a hub's region). cursor -1: feeds stand at
-- different numbers. offer: up to which row of op it was offered what this node holds, since it
-- began its epoch; -2: all, and the sums are to be told; -1: done.
CREATE TABLE server(
    id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, url TEXT NOT NULL, pins TEXT NOT NULL, ca TEXT NOT NULL,
    epoch INTEGER NOT NULL, ratchet INTEGER NOT NULL DEFAULT 0, acked INTEGER NOT NULL DEFAULT 0,
    got INTEGER NOT NULL DEFAULT 0, stables INTEGER NOT NULL DEFAULT 0, synced_ms INTEGER, unsure INTEGER NOT NULL DEFAULT 0,
    cursor INTEGER NOT NULL DEFAULT -1, offer INTEGER NOT NULL DEFAULT 0, losses INTEGER NOT NULL DEFAULT 0,
    elsewhere INTEGER NOT NULL DEFAULT 0); -- the first row of op of which more was learnt from others since; 0: none
CREATE TABLE server_feed(server INTEGER, scope TEXT, compartment TEXT, n INTEGER NOT NULL, hash INTEGER NOT NULL,
    PRIMARY KEY(server, scope, compartment)) WITHOUT ROWID;
-- Which server (and epoch) last agreed that a held root is granted.
CREATE TABLE agreed(root INTEGER PRIMARY KEY, server INTEGER NOT NULL, epoch INTEGER NOT NULL);

-- A caller of this server: its ratchet, what it last told, what a relay has handed over. proof: of
-- its first request here (serve_caller.c), for the region; told: the region has it.
CREATE TABLE caller(
    node BLOB PRIMARY KEY, ratchet INTEGER NOT NULL DEFAULT 0, ratchet_before INTEGER NOT NULL DEFAULT 0,
    seen_ms INTEGER, clock_offset_ms INTEGER, relay_epoch INTEGER, relay_got INTEGER NOT NULL DEFAULT 0,
    told INTEGER NOT NULL DEFAULT 0, proof BLOB, origin BLOB) WITHOUT ROWID; -- origin: in which it wrote or asked last
CREATE TABLE visit(hub BLOB, node BLOB, seen_ms INTEGER, PRIMARY KEY(hub, node)) WITHOUT ROWID;
CREATE INDEX visit_node ON visit(node);

-- What is remembered of another node between two bundles. Of a server: the id of the last asks
-- written for it, NULL once a sync by network came after; its key, until its definition is here. Of
-- a caller: line 1 of its last ask, the id of that bundle, the epoch it named; the code of its
-- enrolment while that wasn't seen to be answered; of a revoked one, how much that ask left here.
CREATE TABLE bundle_peer(
    node BLOB PRIMARY KEY, asked INTEGER, key BLOB, request TEXT, ask INTEGER, epoch INTEGER, came_ms INTEGER,
    enrol BLOB, kept INTEGER) WITHOUT ROWID;

-- Enrolments asked for by bundle: of the code what it takes to believe the answer, never its secret.
CREATE TABLE enrol_asked(
    hub BLOB PRIMARY KEY, key BLOB NOT NULL, url TEXT NOT NULL, pins TEXT NOT NULL, org BLOB NOT NULL) WITHOUT ROWID;

-- Attachments by bundle: what a caller named in its last one (way 0: it asks how much is here, 1: it wants it and holds `have` bytes),
-- and how much a server said that it holds of ours (2).
CREATE TABLE bundle_file(
    node BLOB, way INTEGER, size INTEGER, hash BLOB, have INTEGER NOT NULL, PRIMARY KEY(node, way, size, hash)) WITHOUT ROWID;
CREATE INDEX bundle_file_name ON bundle_file(hash, size);

CREATE TABLE invite(
    code BLOB PRIMARY KEY, secret_hash BLOB NOT NULL, definition TEXT NOT NULL, expires_ms INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, used_by BLOB, used_key BLOB, answer TEXT) WITHOUT ROWID;

-- What must not be applied and must not be lost: why, and the bytes as they came.
-- verdict: 0 nobody decided yet, 1 accepted, 2 refused; by whom, when and why.
CREATE TABLE quarantine(
    id INTEGER PRIMARY KEY, why TEXT NOT NULL, node BLOB, at_ms INTEGER NOT NULL, bytes BLOB NOT NULL,
    verdict INTEGER NOT NULL DEFAULT 0, settled_ms INTEGER, person BLOB, reason TEXT);
CREATE INDEX quarantine_node ON quarantine(node);
CREATE INDEX quarantine_verdict ON quarantine(verdict, id);

-- Work for a person: why an op wants review (late, ...). Disputes are in record.disputes.
CREATE TABLE flag(op INTEGER, why TEXT, at_ms INTEGER NOT NULL, settled INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY(op, why)) WITHOUT ROWID;

-- What a node noticed of itself or of others and a person should know: a device that was put back
-- from a copy or exists twice, a database that was put back (notice.h names them). node: of whom.
CREATE TABLE notice(
    id INTEGER PRIMARY KEY, what TEXT NOT NULL, node BLOB NOT NULL, first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL, count INTEGER NOT NULL DEFAULT 1, settled INTEGER NOT NULL DEFAULT 0,
    UNIQUE(what, node));

-- Codes that opened this device after it had locked, until a server was told: by whom, for how long.
CREATE TABLE reopened(id INTEGER PRIMARY KEY, by BLOB NOT NULL, days INTEGER NOT NULL, at_ms INTEGER NOT NULL);

-- [derived] What is shown: one row an entity, refreshed for entities in `dirty`. elsewhere: the
-- compartments ("aid+health") in which values stand that aren't the property's own, since it moved:
-- who may not read all of them is shown less than this row. broken: rules of forms that don't hold, counted in disputes.
CREATE TABLE dirty(entity INTEGER PRIMARY KEY);
CREATE TABLE record(entity INTEGER PRIMARY KEY, type INTEGER NOT NULL, case_number TEXT, title TEXT NOT NULL,
    document TEXT NOT NULL, disputes INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0, updated_ms INTEGER NOT NULL,
    elsewhere TEXT NOT NULL DEFAULT '', broken INTEGER NOT NULL DEFAULT 0);
CREATE INDEX record_type ON record(type, entity);
CREATE INDEX record_case ON record(case_number);
CREATE INDEX record_disputed ON record(entity) WHERE disputes > 0;
CREATE INDEX record_state ON record(deleted, disputes);
-- Records whose forms' rules are to be asked, since something of theirs changed; those that a form wrote which isn't known here.
CREATE TABLE unruled(entity INTEGER PRIMARY KEY);
CREATE TABLE formless(entity INTEGER PRIMARY KEY);
-- What a form's calculations give of what is held, where that isn't what was written; value: canonical JSON.
CREATE TABLE computed(entity INTEGER, property TEXT, value TEXT NOT NULL, PRIMARY KEY(entity, property)) WITHOUT ROWID;
-- Values worth a warning when entered twice (national id, phone), and texts that find looks in.
CREATE TABLE unique_value(property INTEGER, value TEXT, entity INTEGER, PRIMARY KEY(property, value, entity)) WITHOUT ROWID;
CREATE INDEX unique_value_entity ON unique_value(entity);
CREATE VIRTUAL TABLE find_text USING fts5(text, tokenize = 'unicode61 remove_diacritics 0', detail = none, columnsize = 0);
-- rowid of find_text = id here: one row for each entity and compartment, or several ("aid+health") that all must be read.
CREATE TABLE find_row(id INTEGER PRIMARY KEY, entity INTEGER NOT NULL, compartment INTEGER NOT NULL, UNIQUE(entity, compartment));

-- [derived] Records as rows of a list that forms choose from (listing.h): by which children of its items forms filter, found
-- out when one first does; built: up to which entity, so that it goes on where it was interrupted. child: a property, "name" or "label".
CREATE TABLE list_key(
    id INTEGER PRIMARY KEY, type INTEGER NOT NULL, child TEXT NOT NULL, number INTEGER NOT NULL, built INTEGER NOT NULL DEFAULT 0,
    UNIQUE(type, child, number));
-- hash: of the text, or the number's bits.
CREATE TABLE list_row(key INTEGER, hash INTEGER, entity INTEGER, PRIMARY KEY(key, hash, entity)) WITHOUT ROWID;
CREATE INDEX list_row_entity ON list_row(entity);
CREATE INDEX record_elsewhere ON record(type, entity) WHERE elsewhere <> '';

-- ---- Attachments (schema/protocol.md, "Attachments"; files: blob_store.c).
-- A blob is named by hash and size together. kind: 0 whole file, 1 thumbnail. giver: the node that gave all of it, whose file it
-- is; NULL: not here. server, epoch: who has it above. stable: in the region's backup. wanted: to be fetched from above.
CREATE TABLE blob(
    id INTEGER PRIMARY KEY, hash BLOB NOT NULL, size INTEGER NOT NULL, kind INTEGER NOT NULL, giver BLOB,
    server INTEGER NOT NULL DEFAULT 0, epoch INTEGER NOT NULL DEFAULT 0, stable INTEGER NOT NULL DEFAULT 0,
    wanted INTEGER NOT NULL DEFAULT 0, UNIQUE(hash, size));
CREATE INDEX blob_kept ON blob(kind, size, id) WHERE giver IS NOT NULL AND stable = 0;
CREATE INDEX blob_missing ON blob(kind, size, id) WHERE giver IS NULL AND wanted = 1;
CREATE INDEX blob_safe ON blob(id) WHERE giver IS NOT NULL AND stable = 1 AND kind = 0;
CREATE INDEX blob_missed ON blob(id) WHERE giver IS NULL AND stable = 1;
CREATE INDEX blob_giver ON blob(giver);
-- [derived] Which ops name it.
CREATE TABLE blob_ref(op INTEGER, blob INTEGER, PRIMARY KEY(op, blob)) WITHOUT ROWID;
CREATE INDEX blob_ref_blob ON blob_ref(blob);
-- Beginnings of blobs, by who gives them: nobody can spoil what another gives.
CREATE TABLE blob_part(blob INTEGER, giver BLOB, have INTEGER NOT NULL, PRIMARY KEY(blob, giver)) WITHOUT ROWID;
CREATE INDEX blob_part_giver ON blob_part(giver);
-- Files to remove once this transaction stands.
CREATE TABLE blob_gone(path TEXT PRIMARY KEY) WITHOUT ROWID;
-- Folders of this node's backups, by their last copy of the database; files (ab/<hash>-<size>) to remove from them once they
-- are within reach.
CREATE TABLE blob_copies(folder TEXT PRIMARY KEY, copy TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blob_copy_gone(folder TEXT, file TEXT, PRIMARY KEY(folder, file)) WITHOUT ROWID;

-- ---- snapshots, collection, forgetting ("Snapshots", "Collection" in protocol.md)
CREATE INDEX member_scope ON member(scope, root);
-- Snapshots of a server's larger feeds: files in folder snapshots, one a frame. state: 0 being made, 1 offered.
CREATE TABLE snapshot(
    id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, feed INTEGER NOT NULL, n INTEGER NOT NULL, hash INTEGER NOT NULL,
    made_ms INTEGER NOT NULL, frames INTEGER NOT NULL DEFAULT 0, ops INTEGER NOT NULL DEFAULT 0, size INTEGER NOT NULL DEFAULT 0,
    state INTEGER NOT NULL DEFAULT 0);
CREATE INDEX snapshot_feed ON snapshot(feed, state, n);
-- Of the roots after `after` up to `upto` (rows of entity), as they were at n.
CREATE TABLE snapshot_frame(
    snapshot INTEGER, number INTEGER, after INTEGER NOT NULL, upto INTEGER NOT NULL, n INTEGER NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY(snapshot, number)) WITHOUT ROWID;
-- Roots that left a scope, at n: frames made before are made anew, without them.
CREATE TABLE snapshot_left(scope INTEGER, root INTEGER, n INTEGER NOT NULL, PRIMARY KEY(scope, root)) WITHOUT ROWID;
-- Snapshots being taken from a server: the next frame, and what has arrived of it.
CREATE TABLE taking(
    server INTEGER, scope TEXT, compartment TEXT, n INTEGER NOT NULL, hash INTEGER NOT NULL, snapshot BLOB NOT NULL,
    frames INTEGER NOT NULL, frame INTEGER NOT NULL DEFAULT 0, ops INTEGER NOT NULL, part_hash BLOB, part BLOB NOT NULL DEFAULT x'',
    PRIMARY KEY(server, scope, compartment));
-- Roots whose content a device let go of to make room; what is left of one is a stub. case_number, title: to find it by;
-- NULL when it isn't of this device's caseload any more.
CREATE TABLE forgotten(root INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, case_number TEXT, title TEXT);
CREATE INDEX forgotten_case ON forgotten(case_number);

-- ---- Redaction (schema/protocol.md, "Redaction").
-- A mark of the organisation's lane that is known here (its op), about which entity (whose ops may
-- not be here), on whose request. held: how many ops it scrubbed here; done_ms: when their values
-- were in no page any more, NULL before.
CREATE TABLE redaction(
    id INTEGER PRIMARY KEY, op INTEGER NOT NULL UNIQUE, mark BLOB NOT NULL, entity BLOB NOT NULL, request BLOB NOT NULL,
    held INTEGER NOT NULL DEFAULT 0, done_ms INTEGER);
CREATE INDEX redaction_entity ON redaction(entity);
CREATE INDEX redaction_undone ON redaction(id) WHERE done_ms IS NULL;
CREATE INDEX redaction_request ON redaction(request);
-- Ops that marks name, held here or not.
CREATE TABLE redacted(uid BLOB PRIMARY KEY, redaction INTEGER NOT NULL) WITHOUT ROWID;
-- Which node has finished a mark, as it said. told: a server above was told.
CREATE TABLE receipt(
    mark BLOB, node BLOB, held INTEGER NOT NULL, at_ms INTEGER NOT NULL, told INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY(mark, node)) WITHOUT ROWID;
CREATE INDEX receipt_untold ON receipt(mark, node) WHERE told = 0;

-- ---- Alias of duplicates (schema/protocol.md, "Alias").
-- [derived] What the live value of `_alias` names; head: the record that stands for this one, as
-- it was when this one was shown last; case_number: this one's own, by which people still ask.
CREATE TABLE alias(
    entity INTEGER PRIMARY KEY, target INTEGER NOT NULL, head INTEGER NOT NULL DEFAULT 0,
    case_number TEXT NOT NULL DEFAULT '');
CREATE INDEX alias_target ON alias(target);
CREATE INDEX alias_case ON alias(case_number);

-- ---- forms being filled (filling.h): this device's own, no op knows them. about: JSON; answers: the engine's draft; begun: the same of what the record held.
CREATE TABLE filling(
    id BLOB PRIMARY KEY, person BLOB NOT NULL, changed_ms INTEGER NOT NULL, about TEXT NOT NULL, answers TEXT NOT NULL, begun TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX filling_person ON filling(person, changed_ms);
