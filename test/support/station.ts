/** A thing model for tests, as the console exports one: an environment station. */
export const STATION_MODEL = JSON.stringify({
  version: "1.0",
  properties: [
    {
      identifier: "temperature",
      name: "温度",
      accessMode: "r",
      dataType: { type: "float", specs: { min: "-40", max: "125", step: "0.1", unit: "摄氏度 / °C" } },
    },
    {
      identifier: "power",
      name: "开关",
      accessMode: "rw",
      dataType: { type: "bool", specs: { true: "开", false: "关" } },
    },
    {
      identifier: "level",
      name: "亮度",
      accessMode: "rw",
      dataType: { type: "int32", specs: { min: "0", max: "100", step: "1", unit: "%" } },
    },
    { identifier: "total", name: "总数", accessMode: "rw", dataType: { type: "int64", specs: {} } },
  ],
  events: [],
  services: [
    {
      identifier: "reboot",
      name: "重启",
      callType: "s",
      input: [
        {
          identifier: "delay",
          name: "延时",
          dataType: { type: "int32", specs: { min: "0", max: "60", step: "1" } },
        },
      ],
      output: [{ identifier: "uptime", name: "运行时间", dataType: { type: "int32", specs: {} } }],
    },
    { identifier: "selfTest", name: "自检", callType: "a", input: [], output: [] },
  ],
});
