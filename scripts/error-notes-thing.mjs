/** Notes on the codes of the thing model; see error-notes.mjs. */
export const THING_FAMILIES = [
  {
    en: "Thing model",
    zh: "物模型",
    codes: {
      ONENET_MODEL_INVALID: {
        en: "The thing model of a connection cannot be read; the text names the place in the file. Every form of export that is known is taken; what is left is mostly a file that was cut or edited by hand.",
        zh: "无法读取连接的物模型；文中指出了文件中的位置。已知的各种导出格式都能读取，出错的多是被截断或手工改过的文件。",
      },
      ONENET_VALUE_INVALID: {
        en: "A value does not fit the thing model, so it was not sent: OneNET would refuse it, and the whole message with it. The error names identifier, rule, limit and value (`msg.error.cause.params`). The connection's check can be strict, coerce what clearly means something (the default), or be off.",
        zh: "值不符合物模型，因此没有发送：OneNET 会拒绝它，并连同整条消息一起拒绝。错误中给出标识符、规则、限制和值（`msg.error.cause.params`）。连接中的检查可设为严格、自动转换含义明确的值（默认）或关闭。",
      },
      ONENET_MODEL_NOTE: {
        en: "Not an error: something odd in the thing model that was understood all the same. The connection's form lists these notes.",
        zh: "不是错误：物模型中有不寻常的地方，但已能理解。连接的表单会列出这些提示。",
      },
    },
  },
];
