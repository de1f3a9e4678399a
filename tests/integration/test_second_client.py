"""What schema/protocol.md promises: a client written from it and the real programs agree."""

import csv
import unittest

import second_client
from office import GEOGRAPHY, SCHEMA, Refused as CommandRefused
from office_case import OfficeCase
from second_client import H16, Client, ProtocolError, Refused, b64, parsed, read_code, unb64

TABANT = "05.081.03.09"
AIT_MHAMED = "05.081.03.07"
SMALLEST_REPLY = 8192


def clear(values):
    """Without what is shown as empty."""
    return {name: value for name, value in values.items() if value is not None}


class SecondClient(OfficeCase):
    def setUp(self):
        super().setUp()
        self.region = self.office.region

    def client(self, name, server=None, scopes=("05.081",), role="worker"):
        """An enrolled second client that a person of that name works with."""
        person = self.office.person(name, role, scopes)
        server = server or self.region
        if server is not self.region:
            server.uplink()
        client = Client(name)
        client.enrol(server.invite(role, scopes, ("base",), person))
        return client

    def device(self, name="Amina", server=None, scopes=("05.081",), role="worker"):
        verbs = ("read", "write") if role == "worker" else ("read", "write", "review")
        person = self.office.person(name, role, scopes, verbs=verbs)
        server = server or self.region
        if server is not self.region:
            server.uplink()
        return self.office.device(name.lower(), server, scopes, ("base",), person, role)

    def household(self, client, **values):
        entity = client.create_household(TABANT, {
            "head_name_ar": "عائشة أيت علي", "head_name_fr": "Aïcha Aït Ali", "members": 6,
            **values})
        client.sync()
        return entity

    def both_show_the_same(self, client, device, entity):
        """Every value and every uid, each computed by itself on either side."""
        shown = {one["property"]: one["value"] for one in device.show(entity)["properties"]}
        self.assertEqual(client.records.values(entity), clear(shown))
        history = device.call("show", entity, "--history")["history"]
        self.assertEqual({b64(op.uid) for op in client.records.of_entity[entity]},
                         {one["uid"] for one in history})
        return client.records.values(entity)

    def refused(self, status, error, call, *args):
        with self.assertRaises(Refused) as caught:
            call(*args)
        self.assertEqual((caught.exception.status, caught.exception.error), (status, error))
        return caught.exception.answer

    # ---- enrolment

    def test_mistyped_code_is_told_before_anything_is_sent(self):
        code = self.region.invite("worker", [TABANT], ["base"])
        self.assertEqual(read_code(code), read_code(code.lower().replace("-", " ")))
        spoilt = code[:-1] + ("A" if code[-1] != "A" else "B")
        with self.assertRaises(ProtocolError):
            read_code(spoilt)

    def test_code_serves_one_key(self):
        code = self.region.invite("worker", [TABANT], ["base"])
        first = Client("first")
        again = [first.enrol(code), first.enrol(code)]
        for answer in again:
            del answer["t"]
        self.assertEqual(again[0], again[1])
        self.assertEqual(self.refused(403, "code_used", Client("second").enrol, code)["args"], [])

    def test_server_with_another_key_gets_no_request(self):
        client = self.client("Itto")
        client.pins = [b64(bytes(32))]
        with self.assertRaisesRegex(ProtocolError, "wrong pin"):
            client.sync()

    # ---- reading

    def test_first_sync_brings_the_whole_configuration_signed(self):
        client = self.client("Itto")
        rows = client.sync(SMALLEST_REPLY)
        self.assertGreater(client.requests, 3)  # it came in parts, each proved by its state
        self.assertEqual(rows, len(client.records.ops))
        with open(GEOGRAPHY, encoding="utf-8", newline="") as file:
            places = {row["code"] for row in csv.DictReader(file)}
        self.assertEqual(set(client.records.definitions("_place")), places)
        self.assertEqual(set(client.records.definitions("_type")),
                         {file.stem for file in (SCHEMA / "types").glob("*.json")})
        self.assertEqual(client.records.definitions("_node")[b64(client.node)], client.definition)
        for kind in second_client.DEFINITION_IDS:
            for entity in client.records.entities(kind):
                (op,) = client.records.of_entity[entity]
                name = op.values["def"][second_client.DEFINITION_IDS[kind]]
                self.assertEqual(unb64(entity, 16),
                                 H16("douar-org-entity-1", kind.encode(), b"\0", name.encode()))
                op.hash = bytes(32)
                with self.assertRaises(ProtocolError):
                    client.check_signature(op)

    def test_node_enrolled_by_a_hub_is_vouched_for_by_the_hub(self):
        hub = self.office.hub("azilal", "05.081")
        client = self.client("Itto", hub)
        client.sync()
        entity = b64(H16("douar-org-entity-1", b"_node\0", b64(client.node).encode()))
        (op,) = client.records.of_entity[entity]
        with self.assertRaises(second_client.BadSignatureError):
            client.organisation.verify(second_client.message("douar-org-1", op.hash), op.signature)
        client.check_signature(op)
        other = self.client("Hada", hub)
        hub.call("node", "revoke", other.short)
        client.sync()
        self.assertNotIn(b64(other.node), client.records.definitions("_node"))
        for beyond in ({"role": "hub"}, {"scopes": ["05.0811"]}, {"by": b64(other.node)}):
            definition = dict(op.values["def"])
            op.values["def"].update(beyond)
            with self.assertRaises(ProtocolError):
                client.check_signature(op)
            op.values["def"] = definition
        client.check_signature(op)

    def test_nothing_new_is_one_short_exchange(self):
        client = self.client("Itto")
        client.sync()
        reply = parsed(client.send_signed(client.request()))
        self.assertEqual(set(reply), {"v", "t"})

    def test_cursor_that_the_hub_cannot_follow_is_answered_by_need(self):
        client = self.client("Itto")
        client.sync()
        client.cursor = (client.cursor[0], b64(bytes(16)))
        reply, _ = client.take(client.send_signed(client.request()))
        self.assertEqual(reply["need"], "feeds")
        self.assertEqual(client.sync(), 0)
        # A feed whose hash differs was another hub's past: it comes from its beginning.
        known = len(client.records.ops)
        n, _ = client.feeds[("org", "base")]
        client.feeds[("org", "base")] = (n, b64(bytes(8)))
        client.cursor = None
        self.assertEqual(client.sync(), known)
        self.assertEqual(len(client.records.ops), known)

    # ---- both ways

    def test_household_goes_to_a_device_and_its_edit_comes_back(self):
        client = self.client("Itto")
        device = self.device()
        client.sync()
        entity = self.household(client, phone="0661234567", **{"needs/food": True})
        self.assertEqual(client.acked, 2)
        case = client.records.shown(entity, "_case")

        device.sync()
        self.assertEqual(device.show(case)["id"], entity)
        self.assertEqual(device.value(case, "head_name_fr"), "Aïcha Aït Ali")
        self.both_show_the_same(client, device, entity)

        device.edit(case, phone="0671000001", needs="heating water", rsu_status="registered",
                    rsu_number="1234567890")
        device.sync()
        self.assertEqual(client.sync(), 1)
        shown = self.both_show_the_same(client, device, entity)
        self.assertEqual((shown["phone"], shown["needs"], shown["rsu_status"]),
                         ("0671000001", ["heating", "water"], "registered"))

        client.write(entity, "household", {"members": 7, "rsu_status": "removed"})
        client.sync()
        device.sync()
        shown = self.both_show_the_same(client, device, entity)
        self.assertEqual((shown["members"], shown["rsu_status"]), (7, "removed"))
        self.assertNotIn("rsu_number", shown)  # a group is written whole
        self.assertEqual(device.call("disputes")["disputes"], [])
        self.region.call("check")
        device.call("check")

    def test_apart_edits_merge_alike_under_every_policy(self):
        client = self.client("Itto")
        chief = self.device("Khadija", role="supervisor")
        client.sync()
        start = {"first_seen": "2026-05-01", "last_visit": "2026-05-01", "priority": "normal",
                 "needs/food": True, "vulnerability_note": "une", "visits": 2}
        entity = self.household(client, **start)
        chief.sync()
        chief.edit(entity, first_seen="2026-04", last_visit="2026-05-09", priority="urgent",
                   needs="heating", vulnerability_note="deux", visits="3", phone="0671000001",
                   members="", water="well")
        chief.sync()
        client.write(entity, "household", {
            "first_seen": "2026-04-30", "last_visit": "2026-05-20", "priority": "low",
            "needs/food": True, "vulnerability_note": "trois", "visits": -1,
            "phone": "0672000002", "members": 9})
        client.sync()
        chief.sync()
        shown = self.both_show_the_same(client, chief, entity)
        self.assertEqual(shown, {
            "place": TABANT, "head_name_ar": "عائشة أيت علي", "head_name_fr": "Aïcha Aït Ali",
            "first_seen": "2026-04", "last_visit": "2026-05-20", "priority": "urgent",
            "needs": ["food", "heating"], "vulnerability_note": ["une", "deux", "trois"],
            "visits": 4, "phone": "0672000002", "members": 9, "water": "well"})
        self.assertEqual(len(client.records.live(entity, "phone")), 2)
        (row,) = chief.call("disputes")["disputes"]
        self.assertEqual([one["property"] for one in row["properties"]], ["phone"])

        chief.call("resolve", entity, "phone", "--take", "2", "--reason", "appelé")
        chief.sync()
        client.sync()
        shown = self.both_show_the_same(client, chief, entity)
        self.assertEqual(shown["phone"], "0671000001")
        self.assertEqual(len(client.records.live(entity, "phone")), 1)

    def test_clock_in_the_future_does_not_win(self):
        client = self.client("Itto")
        device = self.device()
        client.sync()
        entity = self.household(client)
        client.last_moment = (client.last_moment[0] + 10 * 365 * 86_400_000, 0)
        client.write(entity, "household", {"water": "well"}, {"water": []})
        client.write(entity, "household", {"electricity": "solar"}, {"electricity": []})
        client.sync()
        self.assertTrue(all(op.receipt_ms for op in client.ops[-2:]))  # told of its own receipts
        device.clock_offset_ms = 3_600_000
        device.sync()
        device.edit(entity, water="spring")
        device.sync()
        client.sync()
        self.assertEqual(self.both_show_the_same(client, device, entity)["water"], "spring")

    def test_record_that_moves_leaves_and_enters(self):
        leaves = self.client("Itto", scopes=[TABANT])
        enters = self.client("Hada", scopes=[AIT_MHAMED])
        chief = self.device("Khadija", role="supervisor")
        for client in (leaves, enters):
            client.sync()
        entity = self.household(leaves)
        self.assertEqual(leaves.records.scopes(entity), {TABANT})
        chief.sync()
        chief.edit(entity, members="7")
        child = chief.new("register_person", parent=entity, name_ar="فاطمة", sex="f")["id"]
        chief.edit(entity, place=AIT_MHAMED)
        chief.sync()
        for client in (leaves, enters):
            client.sync()
            self.assertEqual(client.records.scopes(entity), {AIT_MHAMED})
        self.assertEqual(enters.records.shown(child, "_root"), entity)
        shown = {one["property"]: one["value"] for one in chief.show(entity)["properties"]}
        self.assertEqual(enters.records.values(entity), clear(shown))
        self.assertEqual(enters.records.values(entity)["members"], 7)
        # Its predecessors never came, and yet the one op of `members` is the live one.
        self.assertEqual(len(enters.records.live(entity, "members")), 1)

    def test_tree_larger_than_a_reply_comes_in_parts(self):
        enters = self.client("Hada", scopes=[AIT_MHAMED])
        enters.sync()
        chief = self.device("Khadija", role="supervisor")
        entity = chief.new("register_household", place=TABANT, head_name_ar="عائشة")["id"]
        people = chief.answers("new", "register_person", "-", "--parent", entity, input=[
            {"name_ar": f"فاطمة {n}", "sex": "f"} for n in range(60)])
        chief.edit(entity, place=AIT_MHAMED)
        chief.sync()
        requests = enters.requests
        enters.sync(max_bytes=8192)
        self.assertGreater(enters.requests - requests, 2)
        for one in people:
            self.assertEqual(enters.records.shown(one["id"], "_root"), entity)

    def test_client_that_lost_all_but_its_key_gets_its_own_ops_back(self):
        client = self.client("Itto")
        client.sync()
        first = self.household(client)
        known = client.records.ops
        client.begin_origin()
        client.records = second_client.Records()
        client.sync()
        self.assertEqual(client.records.ops.keys(), known.keys())
        second = self.household(client, members=2)
        self.assertEqual(client.acked, 2)
        for entity, members in ((first, 6), (second, 2)):
            self.assertEqual(client.records.values(entity)["members"], members)

    # ---- what the hub refuses

    def test_request_signed_by_another_key_is_refused(self):
        client = self.client("Itto")
        client.sync()
        client.key = second_client.SigningKey.generate()
        self.refused(403, "bad_signature", client.sync)
        client.node = bytes(16)
        self.refused(401, "unauthenticated", client.sync)

    def test_replayed_request_is_refused_and_an_unknown_ratchet_signed_again(self):
        client = self.client("Itto")
        client.sync()
        client.create_household(TABANT, {"head_name_ar": "عائشة"})
        stolen = client.envelope(second_client.pack(client.request()))
        client.sync()
        self.household(client)
        self.household(client)
        before = self.region.digest()
        answer = self.refused(409, "stale_request", client.send, stolen)
        self.assertEqual(unb64(answer["ratchet"], 8), client.ratchet)
        self.assertEqual(self.region.digest(), before)

        client.ratchet = bytes(8)
        client.requests = 0
        client.create_household(TABANT, {"head_name_ar": "عائشة"})
        client.sync()
        self.assertEqual(client.requests, 2)
        self.assertEqual(client.acked, 8)

    def test_wrong_epoch_is_refused_and_the_answer_names_the_right_one(self):
        client = self.client("Itto")
        client.sync()
        right, client.epoch = client.epoch, bytes(8)
        answer = self.refused(410, "epoch", client.send_signed, client.request())
        self.assertEqual(unb64(answer["epoch"], 8), right)
        self.assertEqual(client.sync(), 0)
        self.assertEqual(client.epoch, right)

    def test_batch_with_a_wrong_signature_is_not_taken(self):
        client = self.client("Itto")
        client.sync()
        client.create_household(TABANT, {"head_name_ar": "عائشة"})
        line, *bodies = client.batch(1, 2)
        spoilt = {**parsed(line), "sig": b64(bytes(64))}
        lines = [second_client.compact(client.first_line(SMALLEST_REPLY)),
                 second_client.compact(spoilt), *bodies]
        plain = b"".join(line + b"\n" for line in lines)
        reply, _ = client.take(client.send_signed(plain))
        self.assertEqual((reply["refused"], reply.get("ack")), (1, None))
        self.assertEqual(self.region.call("list", "household")["list"], [])
        client.sync()
        self.assertEqual(client.acked, 2)

    def test_gap_and_fork(self):
        client = self.client("Itto")
        client.sync()
        self.household(client)
        self.household(client)
        client.create_household(TABANT, {"head_name_ar": "عائشة"})
        client.create_household(TABANT, {"head_name_ar": "إبراهيم"})
        client.acked = 6  # what no hub said
        line, *bodies = client.batch(7, 8)
        jump = second_client.compact({**parsed(line), "prev": b64(client.link(6))})
        for first in (line, jump):  # the region holds every origin from its beginning
            lines = [second_client.compact(client.first_line(SMALLEST_REPLY)), first, *bodies]
            plain = b"".join(line + b"\n" for line in lines)
            answer = self.refused(409, "gap", client.send_signed, plain)
            self.assertEqual(answer["args"], [b64(client.origin), "4"])
        client.sync()
        self.assertEqual(client.acked, 8)

        copied = client.ops[4:]
        del client.ops[4:]
        client.acked = 4
        client.create_household(TABANT, {"head_name_ar": "another"})
        answer = self.refused(409, "fork", client.sync)
        self.assertEqual(answer["args"], [b64(client.origin)])
        client.ops[4:] = copied

    def test_write_out_of_scope_is_kept_and_counted_late(self):
        client = self.client("Itto", scopes=[TABANT])
        client.sync()
        client.create_household(AIT_MHAMED, {"head_name_ar": "عائشة"})
        reply, _ = client.take(client.send_signed(client.request()))
        self.assertEqual((reply["late"], client.acked), (2, 2))
        self.assertEqual(len(self.region.call("review", "list", "--flags")["list"]), 2)

    def test_revoked_node_is_refused(self):
        client = self.client("Itto")
        client.sync()
        self.region.call("node", "revoke", client.short)
        self.refused(403, "revoked", client.sync)
        with self.assertRaises(CommandRefused):
            self.region.call("node", "revoke", "Z99")


if __name__ == "__main__":
    unittest.main(verbosity=2)
