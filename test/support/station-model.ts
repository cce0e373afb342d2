/** A thing model for tests: one of each sort that a node treats on its own. */

interface ModelOptions {
  readonly productId?: string;
  /** Replaces the upper bound of `temp`. */
  readonly tempMax?: number;
  /** Further properties of type bool, `more0`, `more1`, … */
  readonly more?: number;
}

const parameter = (identifier: string, name: string, type: string, specs: unknown) => ({
  identifier,
  name,
  dataType: { type, specs },
});

const property = (identifier: string, name: string, accessMode: string, type: string, specs: unknown) => ({
  ...parameter(identifier, name, type, specs),
  accessMode,
  functionType: "u",
  functionMode: "property",
  desc: "",
});

/** An environment station, as the console exports it. */
export function stationModel({ productId, tempMax = 125, more = 0 }: ModelOptions = {}): string {
  return JSON.stringify({
    version: "1.0",
    ...(productId === undefined ? {} : { profile: { productId } }),
    properties: [
      property("temp", "温度", "r", "float", {
        min: "-40",
        max: String(tempMax),
        step: "0.1",
        unit: "摄氏度 / °C",
      }),
      property("count", "计数", "r", "int64", { min: "0", max: "9223372036854775807", step: "1", unit: "" }),
      property("power", "开关", "rw", "bool", { true: "开", false: "关" }),
      property("mode", "模式", "rw", "enum", { 0: "auto", 1: "manual" }),
      property("label", "标签", "rw", "string", { length: "8" }),
      property("pos", "位置", "r", "struct", [
        parameter("lat", "纬度", "double", { min: "-90", max: "90", step: "0.01", unit: "" }),
        parameter("lng", "经度", "double", { min: "-180", max: "180", step: "0.01", unit: "" }),
      ]),
      ...Array.from({ length: more }, (_, i) => property(`more${i}`, `更多 ${i}`, "r", "bool", {})),
    ],
    events: [
      {
        identifier: "overheat",
        name: "过热",
        eventType: "alert",
        functionMode: "event",
        outputData: [
          parameter("level", "级别", "int32", { min: "0", max: "9", step: "1", unit: "" }),
          parameter("source", "来源", "string", { length: "16" }),
        ],
      },
      { identifier: "started", name: "启动", eventType: "info", functionMode: "event", outputData: [] },
    ],
    services: [
      {
        identifier: "reboot",
        name: "重启",
        callType: "s",
        functionMode: "service",
        input: [parameter("delay", "延时", "int32", { min: "0", max: "60", step: "1", unit: "秒 / s" })],
        output: [],
      },
    ],
  });
}
