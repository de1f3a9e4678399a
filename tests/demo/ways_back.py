"""The demo's second half: what happens to real offices, and how everything comes back."""

import shutil
import subprocess
import time

import picture
from office import Device, unsealed, unsealed_bytes

TABANT, EL_KBAB = "05.081.03.09", "05.301.03.05"
DATABASE = ("douar.db", "douar.db-wal", "douar.db-shm")
PIECE = 65536
PATIENCE_S = 60


class WaysBack:
    def __init__(self, demo, expect):
        self.demo = demo
        self.stage = demo.stage
        self.office = demo.office
        self.expect = expect
        self.left_behind = []  # devices that rightly don't hold the same any more

    def play(self):
        self.photograph()
        self.put_back()
        self.hub_lost()
        self.month_by_stick()
        self.stolen()
        self.erased()

    def held(self, server):
        """Bytes of attachments that a server has in part."""
        with unsealed(server.home) as connection:
            (part,) = connection.execute(
                "SELECT coalesce(sum(have), 0) FROM blob_part").fetchone()
            return part

    def files(self, node):
        """How many attachments a node has whole."""
        with unsealed(node.home) as connection:
            (count,) = connection.execute(
                "SELECT count(*) FROM blob WHERE giver IS NOT NULL").fetchone()
            return count

    # ---- a photograph

    def photograph(self):
        stage, demo, amina = self.stage, self.demo, self.demo.amina
        case = demo.case["aicha"]
        stage.chapter("A photograph over a bad line")
        stage.say("""Amina photographs Aïcha's house. The picture says where it was taken; that is
            removed, and a small copy is made.""")
        (self.office.folder / "house.jpg").write_bytes(picture.photograph(1600, 1200, 7))
        stage.run(amina, "attach", case, "house_photo", "house.jpg", lines=3)
        stage.say("""Her data plan is small. Records always go first; of files, no more than she
            allows. The next sync goes on in the middle of the picture.""")
        first = amina.call("sync", "--max-data", "300K")
        self.expect(first["files_left"], "the whole photograph fitted into 300 KB")
        stage.command(amina, "sync", "--max-data", "300K")
        stage.answer(f"{first['file_bytes']} bytes of the photograph sent", 1)
        self.hub_dies_with_it()
        demo.azilal.uplink()
        self.expect(self.held(demo.azilal) == 0, "the photograph isn't whole at the province")
        stage.say("On Brahim's tablet the small copy is there already; the whole one comes on demand.")
        demo.brahim.sync()
        asked = demo.brahim.run("attachment", "get", case, "house_photo", "-o", "seen.jpg")
        self.expect(asked.status != 0, "the whole photograph came without being asked for")
        demo.brahim.sync()
        stage.run(demo.brahim, "attachment", "get", case, "house_photo", "-o", "seen.jpg", lines=2)

    def hub_dies_with_it(self):
        """kill -9 of the hub while the rest is on its way, and of the region after it."""
        stage, demo = self.stage, self.demo
        for sender, words, server in ((demo.amina, ("sync",), demo.azilal),
                                      (demo.azilal, ("uplink", "sync"), self.office.region)):
            before = self.held(server)
            stage.command(sender, *words, "&")
            process = subprocess.Popen(sender.line("--json", *words), stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, cwd=self.office.folder,
                                       env=sender.environment())
            end = time.monotonic() + PATIENCE_S
            while process.poll() is None and time.monotonic() < end:
                if self.held(server) >= before + 2 * PIECE:
                    break
            server.kill()
            part = self.held(server)
            server.start()
            process.communicate(timeout=PATIENCE_S)
            if part:
                stage.put(f"    kill -9 of {server.name}: it had {part} bytes, and is asked for the rest")
            sender.call(*words)
            self.expect(self.held(server) == 0, f"{server.name} hasn't the whole photograph")

    # ---- a device from an old copy

    def put_back(self):
        stage, demo, brahim = self.stage, self.demo, self.demo.brahim
        stage.chapter("A tablet is put back from an old copy")
        stage.say("""Somebody made a copy of Brahim's tablet in the morning. He works and syncs; in
            the evening the tablet is broken, and another one is set up from the copy.""")
        old = self.office.folder / "brahim-old"
        shutil.copytree(brahim.home, old)
        before = self.villages(1)
        brahim.sync()
        for name in DATABASE:
            (brahim.home / name).unlink(missing_ok=True)
        shutil.copy(old / "douar.db", brahim.home / "douar.db")
        after = self.villages(1)
        stage.run(brahim, "sync", lines=3)
        demo.sync(brahim)
        for case in before + after:
            stage.run(brahim, "show", case, lines=1)
        stage.say("Nothing of the day is lost, nothing is there twice, and the office is told.")
        stage.run(demo.azilal, "notice", "list", lines=4)
        shutil.rmtree(old)

    def villages(self, count):
        return [row["case"] for row in self.demo.brahim.answers(
            "new", "register_household", "-",
            input=self.demo.villages.households(count, [TABANT]))]

    # ---- a hub's disk

    def hub_lost(self):
        stage, demo, hub = self.stage, self.demo, self.demo.azilal
        stage.chapter("The disk of a provincial office dies")
        stage.say("""The last backup of Azilal is from before Khadija's afternoon. What she handed over
            since was nowhere but on that disk, and on her own laptop.""")
        backup = hub.call("backup")["file"]
        case = demo.khadija.new("register_household", place=TABANT, head_name_ar="رقية حدو")["case"]
        demo.khadija.sync()
        hub.stop()
        for name in DATABASE:
            (hub.home / name).unlink(missing_ok=True)
        stage.run(hub, "restore", backup, lines=3)
        hub.start()
        stage.say("Those who sync with it are asked for what it lacks; the region, too, gets it.")
        stage.run(demo.khadija, "sync", lines=2)
        demo.sync(demo.khadija, hub)
        stage.run(self.office.region, "show", case, lines=2)

    # ---- bundles

    def month_by_stick(self):
        stage, demo = self.stage, self.demo
        hub, region, itto = demo.khenifra, self.office.region, demo.itto
        stage.chapter("A month without any network: a stick in a pocket")
        stage.say("""El Kbab is snowed in, and the line of Khénifra is down. Itto's work, a photograph of
            the roof with it, goes to the office in a file on a stick; who carries it can't read it.""")
        self.office.person("Fadma Ouchen", "worker", [EL_KBAB])
        hub.uplink()
        hub.stop()
        region.stop()
        (self.office.folder / "roof.jpg").write_bytes(picture.photograph(900, 700, 8))
        case = itto.new("register_household", place=EL_KBAB, head_name_ar="يطو أوعزيز")["case"]
        stage.run(itto, "attach", case, "house_photo", "roof.jpg", lines=2)
        before = {server: self.files(server) for server in (hub, region)}
        self.carry(itto, hub, None, "up")
        self.expect(self.files(hub) == before[hub] + 2, "the photograph wasn't on the stick")
        self.carry(hub, itto, itto, "down")
        stage.run(itto, "status", case, lines=2)
        self.tablet_by_stick(case)
        stage.say("The whole province goes to the region the same way, and the answer comes back.")
        self.carry(hub, region, None, "province")
        self.expect(self.files(region) == before[region] + 2, "the region hasn't the photograph")
        region.call("backup")
        self.carry(region, hub, hub, "region")
        self.carry(hub, itto, itto, "safe")
        stage.run(itto, "status", case, lines=2)
        self.expect(itto.show(case)["custody"] == "region", "the stick didn't make it safe")
        region.start()
        hub.start()

    def tablet_by_stick(self, case):
        stage, hub = self.stage, self.demo.khenifra
        stage.say("""Fadma begins her work in the same snow. The office prints her a code; her new
            tablet's request and the answer to it travel on the stick.""")
        fadma = Device(self.office, "fadma")
        self.office.devices.append(fadma)
        fadma.call("init")
        code = hub.invite("worker", [EL_KBAB], ["base"], "Fadma Ouchen")
        stage.run(fadma, "enrol", code, "--name", "fadma", "--bundle", "stick/request.douar", lines=2)
        stage.run(hub, "bundle", "import", "stick/request.douar", lines=2)
        self.carry(hub, fadma, fadma, "welcome", at=hub)
        stage.run(fadma, "show", case, lines=2)

    def carry(self, sender, receiver, to, name, at=None):
        stage = self.stage
        stick = self.office.folder / "stick"
        stick.mkdir(exist_ok=True)
        words = ["bundle", "export", f"stick/{name}.douar"]
        if to is not None:
            words += ["--to", self.short(to, at or self.office.region)]
        stage.run(sender, *words, lines=3)
        stage.run(receiver, "bundle", "import", f"stick/{name}.douar", lines=3)

    def short(self, node, at):
        rows = at.call("node", "list")["list"]
        return next(row["short"] for row in rows if row["name"] == node.name)

    # ---- a thief

    def stolen(self):
        stage, demo = self.stage, self.demo
        hub, moha = demo.khenifra, demo.moha
        stage.chapter("A stolen tablet")
        moha.sync()  # its clock is right again
        case = moha.new("register_household", place=EL_KBAB, head_name_ar="موحى أزايي")["case"]
        stage.say("""Moha's tablet is stolen from the car, with a day's work on it. The office withdraws
            it. At its next contact it is told, and opens nothing any more; what was written on it
            before waits for a person to decide.""")
        stage.run(hub, "node", "revoke", "moha", lines=2)
        stage.command(moha, "sync")
        told = moha.run("sync")
        self.expect(told.status != 0, "a withdrawn tablet synced")
        stage.answer(told.err or told.out, 2)
        stage.run(hub, "quarantine", "list", lines=4)
        self.office.person("Latifa Bennani", "supervisor", ["05"],
                           verbs=["read", "write", "review", "redact"])
        hub.uplink()
        row = hub.call("quarantine", "list")["list"][0]
        stage.run(hub, "quarantine", "accept", row["number"], "--reason", "his work of that day",
                  "--person", "Latifa Bennani", lines=2)
        hub.uplink()
        self.expect(self.office.region.call("show", case)["case"] == case, "Moha's day is lost")
        self.left_behind.append(moha)

    # ---- erasing

    def erased(self):
        stage, demo = self.stage, self.demo
        region = self.office.region
        stage.chapter("A person asks to be erased")
        demo.azilal.uplink()
        home = demo.case["aicha"]
        answers = ["1", "", "1", "زهرة", "Zahra Zerhouni", "", "", "", "1", "3", "1990", "", "QK771402", ":s"]
        demo.amina.text("fill", "register_person", "--parent", home, input="".join(f"{one}\n" for one in answers))
        person, = [row["case"] for row in demo.amina.call("find", "Zerhouni")["records"]]
        demo.sync(demo.amina, demo.brahim, demo.khadija, demo.azilal)
        stage.say("""Zahra was written down by mistake, and asks that nothing of her remains. The region
            decides; every device and server does it at its next contact, and says so.""")
        stage.run(region, "redact", person, "--all", "--person", "Latifa Bennani", "--reason",
                  "she asked at the counter", "--yes", lines=2)
        demo.sync(demo.amina, demo.khadija, demo.azilal)
        stage.say("Brahim was not there yet. The report names him, and the copies that still hold it.")
        stage.run(region, "redact", "status", person, lines=8)
        everybody = [one for one in self.office.devices if one not in self.left_behind]
        demo.sync(*everybody, demo.azilal, demo.khenifra, rounds=3)
        stage.run(region, "redact", "status", person, lines=3)
        for node in (*everybody, demo.azilal, demo.khenifra, region):
            self.expect(b"Zerhouni" not in unsealed_bytes(node.home), f"{node.home} has the name")
        stage.put("    the name is in no file of any of them any more")
