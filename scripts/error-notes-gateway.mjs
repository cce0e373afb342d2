/** The part of scripts/error-notes.mjs that is about gateways and sub-devices. */
export const GATEWAY_FAMILIES = [
  {
    en: "Gateway and sub-devices",
    zh: "网关与子设备",
    codes: {
      ONENET_SUBDEVICE_MISSING: {
        en: "A node names a sub-device node that was deleted or disabled. Every message fails, so that nothing is posted for the gateway by mistake.",
        zh: "节点所选的子设备节点已被删除或停用。每条消息都会失败，以免误以网关的名义上报。",
      },
      ONENET_SUBDEVICE_UNCLEAR: {
        en: "Which sub-device is meant comes from the form and `msg.device`: a name, or `{productId, deviceName}`. What does not fit together is refused, never guessed.",
        zh: "指的是哪个子设备，由表单和 `msg.device`（名称或 `{productId, deviceName}`）共同决定。互相矛盾的一律拒绝，绝不猜测。",
      },
      ONENET_SUBDEVICE_KIND: {
        en: "Topology, sub-devices and their properties exist on thing-model products only.",
        zh: "拓扑、子设备及其属性只存在于物模型产品。",
      },
      ONENET_SUBDEVICE_KEY: {
        en: "Adding to the topology and taking out of it are signed with the sub-device's own key or its product's (`sasToken`). Everything else works without.",
        zh: "加入拓扑和移出拓扑需要用子设备自己的密钥或其产品密钥签名（`sasToken`）。其他功能不需要密钥。",
      },
      ONENET_SUBDEVICE_LOGIN: {
        en: "A login is optional: datapoints go on all the same. It needs the topology: add the sub-device to it first.",
        zh: "登录是可选的：数据照常上报。登录的前提是拓扑关系：请先把子设备加入拓扑。",
      },
      ONENET_TOPOLOGY_FAILED: {
        en: "One message of the gateway node named several sub-devices. Those that went well are in `msg.onenet.devices` of the message that is sent on.",
        zh: "一条消息要求网关节点处理多个子设备。成功的列在继续发送的消息的 `msg.onenet.devices` 中。",
      },
    },
  },
];
