"""P7 against kill -9: at every step of a push and of the way back, and at random moments; whatever was interrupted, the box
starts with a good generation and mail flows.

SLUICE_CONFIG_KILLS is how often at random (12; the long run: 100), SLUICE_SEED the seed.
"""
import os
import random
import signal
import time

from harness import mails, net
from test_config_push import ConfigCase

KILLS = int(os.environ.get("SLUICE_CONFIG_KILLS", "12"))
SEED = int(os.environ.get("SLUICE_SEED", "20261128"))


class Crash(ConfigCase):
    def kill(self):
        self.s.process.send_signal(signal.SIGKILL)
        self.s.process.wait()
        self.s.log_handle.close()

    def offer(self, domain):
        """Pushes; the number of the generation."""
        r = self.push(self.text({"domains": ["example.net", domain]}), "?confirm=600")
        self.assertEqual(r.status, 202, r.text)
        return r.json()["generation"]

    def start_again(self, *allowed):
        self.s.start()
        state = self.wait_state("idle")
        self.assertEqual(state["running"], state["confirmed"])
        self.assertIn(state["running"], allowed)
        self.assertIsNone(state["candidate"])
        self.assertMailFlows()
        return state["running"]

    def test_a_kill_at_each_step_ends_on_the_confirmed_generation(self):
        self.box()
        good = 1
        for i, step in enumerate(("taken", "applying", "proving", "waiting", "confirmed", "returning", "returned")):
            with self.subTest(step):
                n = self.offer(f"step{i}.example")
                if step == "taken":
                    pass  # the reply is there, so the record is; nothing else is certain
                elif step in ("applying", "proving", "waiting"):
                    self.wait_state(step, "waiting")  # the earlier steps may be over before they are seen
                else:
                    self.wait_state("waiting")
                    action = "confirm" if step == "confirmed" else "rollback"
                    self.admin("POST", f"/api/v1/config/{action}")
                    if step == "returned":
                        self.wait_state("idle")
                self.kill()
                good = self.start_again(n if step == "confirmed" else good)
                result = self.entry(n)["result"]
                self.assertEqual(result, {"confirmed": "confirmed", "returning": "taken-back", "returned": "taken-back"}.get(step, "interrupted"))
                self.assertEqual(self.takes(f"step{i}.example"), step == "confirmed")

    def test_kills_at_random_moments_of_pushes_and_confirms(self):
        rng = random.Random(SEED)
        self.box()
        good, told = 1, []
        for i in range(KILLS):
            n = self.offer(f"random{i}.example")
            wants_confirm, confirmed = rng.random() < 0.6, False
            until = time.monotonic() + rng.uniform(0.0, 0.8)
            while time.monotonic() < until:
                if wants_confirm and not confirmed and self.state()["state"] == "waiting":
                    confirmed = self.admin("POST", "/api/v1/config/confirm").status == 200
                time.sleep(0.01)
            self.kill()
            # Who was told that it is confirmed finds it confirmed; who was not told finds either.
            good = self.start_again(n) if confirmed else self.start_again(good, n)
            told.append(confirmed)
        self.assertIn(True, told)
        self.assertIn(False, told)

    def test_a_kill_while_a_changed_file_is_tried_at_the_start(self):
        self.box()
        rng = random.Random(SEED + 1)
        good = 1
        for i in range(max(4, KILLS // 3)):
            self.s.stop() if self.s.running else None
            self.s.write_config({"domains": ["example.net", f"file{i}.example"]})
            self.s.spawn()
            time.sleep(rng.uniform(0.0, 1.0))
            self.kill()
            state = self.start_again(*range(1, 100))
            self.assertGreaterEqual(state, good)
            good = state
