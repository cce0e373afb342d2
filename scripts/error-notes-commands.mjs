/** What stands in docs/errors.md about the codes of commands and desired values; part of error-notes.mjs. */
export const COMMAND_FAMILY = {
  en: "Commands",
  zh: "命令",
  codes: {
    ONENET_COMMAND_MISSING: {
      en: "An answer needs `msg.command`, which the command subscribe node made. A function node that builds a new message loses it.",
      zh: "应答需要命令接收节点生成的 `msg.command`。函数节点新建消息时会丢失它。",
    },
    ONENET_COMMAND_EXPIRED: {
      en: "The platform does not wait any more; an answer now would settle nothing, so it is not sent. Answer sooner, or raise “Answer within” in the command subscribe node (OneNET waits 5 s for a property).",
      zh: "平台已不再等待，此时应答没有作用，因此不发送。请更早应答，或在命令接收节点中延长“应答期限”（OneNET 对属性等待 5 秒）。",
    },
    ONENET_COMMAND_ANSWERED: {
      en: "A second answer to one command: two response nodes in one path, or a node that answers by itself and a response node.",
      zh: "对同一条命令的第二次应答：同一路径上有两个应答节点，或既自动应答又接了应答节点。",
    },
    ONENET_COMMAND_AMBIGUOUS: {
      en: "Reported at deploy by the second node; it takes no commands until one of the two is changed.",
      zh: "部署时由第二个节点报告；在更改其中一个之前，它不接收命令。",
    },
    ONENET_COMMAND_UNANSWERED: {
      en: "The application was told of a failure in the flow's place. Look for a path of the flow that ends without a command response node.",
      zh: "已代替流程向应用应答失败。请检查流程中是否有路径没有接到命令应答节点。",
    },
    ONENET_COMMAND_UNHANDLED: {
      en: "A set or get names properties that no command subscribe node of this device takes. Nothing of it is handed out: half a set would be worse than none.",
      zh: "设置或获取的属性中，有的没有任何命令接收节点处理。整条请求都不会派发：只执行一半比不执行更糟。",
    },
    ONENET_COMMAND_INVALID: {
      en: "The platform, or somebody in its place, sent what is no command, or a body that is no JSON where JSON was asked for.",
      zh: "平台（或冒充平台者）发来的不是命令，或要求 JSON 时内容不是 JSON。",
    },
    ONENET_ANSWER_INVALID: {
      en: "The answer to a get must be `{identifier: value}`. The command can still be answered properly, until its deadline.",
      zh: "对获取的应答必须是 `{标识符: 值}`。截止时间之前仍可重新正确应答。",
    },
    ONENET_DESIRED_REFUSED: {
      en: "Desired values that a *desired* node handed to the command subscribe nodes as a property set were answered with a failure, by the flow, by the model's check, or because no node handles them.",
      zh: "*期望值*节点把期望值作为属性设置交给命令接收节点，得到的是失败应答：来自流程、物模型检查，或没有节点处理。",
    },
    ONENET_ANSWER_REJECTED: {
      en: "Data-stream products only: the platform confirms or refuses the answer. 112: the wait is over; 113: the command is not known, as after a first answer.",
      zh: "仅数据流产品：平台会确认或拒绝应答。112：等待已超时；113：命令不存在，例如已经应答过。",
    },
  },
};
