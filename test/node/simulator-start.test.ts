import assert from "node:assert/strict";
import { CATCH, datapointPublish, deviceConnection, flowOf, makeProduct } from "../support/flows";
import { findFreePort } from "../support/free-port";
import { type LoadedFlow, loadFlow } from "../support/helper";

const METERS = makeProduct("data-stream", "meter");

describe("a connection whose simulator does not run", () => {
  let flow: LoadedFlow;

  afterEach(() => flow?.unload());

  it("shows it at once, and reports it once when no simulator has come", async () => {
    const startedAtMs = performance.now();
    flow = await loadFlow(
      flowOf(
        deviceConnection("c", { port: await findFreePort() }, METERS, "meter"),
        datapointPublish("p", "c"),
      ),
    );
    await flow.waitForStatus("p", "status.unreachable");
    assert.equal(flow.events.filter((event) => event.event === "send" && event.node === CATCH).length, 0);
    const { msg } = await flow.waitForSend(CATCH);
    assert.equal((msg["error"] as { code?: string }).code, "ONENET_UNREACHABLE");
    assert.ok(performance.now() - startedAtMs >= 5000, "a simulator has had no time to start");
  });
});
