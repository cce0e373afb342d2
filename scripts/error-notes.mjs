/**
 * What stands in docs/errors.md about each code, besides its texts: what it means, and what happens next.
 * scripts/write-errors-doc.mjs puts both together and fails when a code has no note, or a note no code.
 */

import { COMMAND_FAMILY } from "./error-notes-commands.mjs";
import { GATEWAY_FAMILIES } from "./error-notes-gateway.mjs";
import { STORE_FAMILIES } from "./error-notes-store.mjs";
import { THING_FAMILIES } from "./error-notes-thing.mjs";

/** The codes by family, in the order of the page. */
export const FAMILIES = [
  {
    en: "Settings",
    zh: "设置",
    codes: {
      ONENET_ENV_UNSET: {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the page shows it so
        en: "A field holds `${NAME}` and there is no such variable. The node does nothing until it is set; every message fails with this code.",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the page shows it so
        zh: "字段中写了 `${NAME}`，但没有这个环境变量。设置之前节点不工作，每条消息都以此代码失败。",
      },
      ONENET_CONFIG_INVALID: {
        en: "A field of the node or its connection is empty or cannot be read. Reported at deploy, and by every message. The form marks such fields too, except where an environment variable fills them.",
        zh: "节点或其连接的某个字段为空或无法读取。部署时报告一次，之后每条消息也会报告。表单同样会标出这样的字段，由环境变量填写的除外。",
      },
      ONENET_CONNECTION_MISSING: {
        en: "The node has no connection, or the chosen one was deleted or disabled.",
        zh: "节点没有选择连接，或所选的连接已被删除或停用。",
      },
      ONENET_CONNECTION_KIND: {
        en: "Datapoints and commands exist on OneNET only. For a plain broker use the *OneNET mqtt out* node.",
        zh: "数据点和命令只在 OneNET 上存在。普通 MQTT 服务器请使用 *OneNET mqtt out* 节点。",
      },
      ONENET_HOST_INVALID: {
        en: "The host cannot be a host, or is one of the misspellings that only time out.",
        zh: "主机写法不正确，或是只会连接超时的常见误写。",
      },
      ONENET_KEY_INVALID: {
        en: "Keys are base64. Usually a blank or a line break was copied along, or a character was left out.",
        zh: "密钥是 base64 文本。常见原因是复制时带上了空格或换行，或漏掉了字符。",
      },
      ONENET_TOKEN_INVALID: {
        en: "A ready-made token was given and does not fit this device. With a key in its place the node signs a token for each login.",
        zh: "填写的是现成的 token，但不适用于此设备。改填密钥后，节点会为每次登录自动签发 token。",
      },
      ONENET_TOKEN_EXPIRED: {
        en: "A ready-made token has ended. The node tries again in 5 s and then ever more rarely, up to every 5 min, so that the login limit is not used up.",
        zh: "现成的 token 已过期。节点会在 5 秒后重试，间隔逐渐延长到 5 分钟，以免用尽登录次数。",
      },
      ONENET_CERTIFICATE_INVALID: {
        en: "The root certificate that was pasted is none, or not OneNET's. A private deployment, the simulator and other brokers may have any root.",
        zh: "粘贴的内容不是证书，或不是 OneNET 的根证书。私有化部署、模拟器和其他服务器可以使用任意根证书。",
      },
      ONENET_PROFILE_CONFLICT: {
        en: "Two connections of the flows name the same device with different settings. OneNET would let them throw each other out for ever, so the second one is refused.",
        zh: "流程中有两个连接使用同一个设备，但设置不同。OneNET 会让两者不断互相挤下线，因此第二个被拒绝。",
      },
      ONENET_CLOCK_WRONG: {
        en: "A Raspberry Pi has no battery clock and starts in the past until NTP answers. The connection works meanwhile; values get no time from this machine but the platform's.",
        zh: "树莓派没有电池时钟，NTP 校时之前处于过去的时间。期间连接照常工作；数据不带本机时间，以平台收到的时间为准。",
      },
    },
  },
  {
    en: "Connection",
    zh: "连接",
    codes: {
      ONENET_AUTH_FAILED: {
        en: "The login was refused. The commonest reasons on OneNET: a numeric device ID in place of the device name, a key of another level (device or product), a product that lives at another host. Tried again in 5 s, then more and more rarely, up to every 5 min.",
        zh: "登录被拒绝。在 OneNET 上最常见的原因：把数字形式的设备 ID 当作设备名称、密钥级别不对（设备或产品）、产品不在此主机。5 秒后重试，间隔逐渐延长到 5 分钟。",
      },
      ONENET_PROTOCOL_VERSION: {
        en: "OneNET speaks MQTT 3.1.1 only; other brokers may speak 5 only.",
        zh: "OneNET 只支持 MQTT 3.1.1；其他服务器可能只支持 5。",
      },
      ONENET_SERVER_BUSY: {
        en: "The server exists and says: not now. Messages wait in the queue.",
        zh: "服务器存在，但暂时不接受连接。消息在队列中等待。",
      },
      ONENET_UNREACHABLE: {
        en: "There is no server at that address, or none that answers. Tried again within a second at first, every few seconds after five minutes; messages wait in the queue.",
        zh: "该地址没有服务器，或没有应答。起初一秒之内重试，五分钟之后每隔几秒重试；消息在队列中等待。",
      },
      ONENET_TLS_FAILED: {
        en: "The server could not prove who it is, or the port does not speak TLS. Nothing was sent.",
        zh: "服务器无法证明自己的身份，或该端口不使用 TLS。没有发送任何数据。",
      },
      ONENET_KICKED: {
        en: "MQTT 3.1.1 gives no reason when a connection is ended; this is told from connections that are closed soon after the login, again and again. Often a second Node-RED, a simulator tool or the device itself uses the same device name.",
        zh: "MQTT 3.1.1 断开连接时不说明原因；这是从登录后不久反复被断开推断出来的。常见情形：另一个 Node-RED、调试工具或设备本身使用了同一个设备名称。",
      },
      ONENET_LINK_LOST: {
        en: "The link ended without anybody's fault being known. What was not answered is sent again after the next login, with the same ids and times.",
        zh: "连接断开，原因不明。没有得到应答的消息会在下次登录后重新发送，id 和时间不变。",
      },
      ONENET_SUBSCRIBE_REFUSED: {
        en: "OneNET refuses the topics of the other product kind: data stream chosen for a thing-model product, or the other way round.",
        zh: "OneNET 会拒绝另一种产品类型的主题：物模型产品选成了数据流，或相反。",
      },
    },
  },
  {
    en: "Delivery",
    zh: "投递",
    codes: {
      ONENET_QUEUE_FULL: {
        en: "More came than could leave. Which message fails is the connection's setting: the new one (default) or the oldest.",
        zh: "消息来得比发得快。失败的是哪一条由连接的设置决定：新消息（默认）或最旧的消息。",
      },
      ONENET_EXPIRED: {
        en: "“Give up after” is set in the node, and the link did not come back in time.",
        zh: "节点设置了“超时放弃”，而连接没有及时恢复。",
      },
      ONENET_ACK_TIMEOUT: {
        en: "The message was sent and nobody answered, though the link was alive. Whether it arrived is not known: a repetition has the same id and the same times, so a value that is stored twice can be recognised.",
        zh: "消息已发送，连接正常，但没有应答。是否送达无从知道：重发时 id 和时间不变，因此重复存储的数据可以识别。",
      },
      ONENET_REJECTED: {
        en: "The platform's own refusal, with its code in `msg.error.cause.params.platformCode`. On a thing-model product one wrong identifier or type makes OneNET refuse the whole message. Not repeated: it would be refused again.",
        zh: "平台本身的拒绝，错误码在 `msg.error.cause.params.platformCode` 中。物模型产品的消息中只要有一个标识符或类型错误，OneNET 就会拒绝整条消息。不会重发：重发仍会被拒绝。",
      },
      ONENET_PUBLISH_REFUSED: {
        en: "An MQTT 5 broker answered with a reason code, as when the user may not publish there.",
        zh: "MQTT 5 服务器以原因码拒绝，例如该用户无权发布到此主题。",
      },
      ONENET_PUBLISH_CLOSED_LINK: {
        en: "Three times the link was closed right after this message while it was the oldest unanswered one, the last time sent alone. It is given up so that the queue behind it can go on.",
        zh: "这条消息作为最早未应答的消息，连续三次发送后连接随即被断开，最后一次是单独发送的。因此放弃它，让后面的队列继续。",
      },
      ONENET_CLOSED: {
        en: "The connection was deleted, or Node-RED is stopping, and the queue is in memory.",
        zh: "连接被删除，或 Node-RED 正在停止，而队列保存在内存中。",
      },
      ONENET_PAYLOAD_TOO_LARGE: {
        en: "256 KB is OneNET's limit for a payload; it cuts the link above it.",
        zh: "OneNET 的消息上限为 256 KB，超过会断开连接。",
      },
      ONENET_PAYLOAD_INVALID: {
        en: "`msg.payload` of *mqtt out*, or the body of an answer, cannot be put into bytes: undefined, a function, an object that contains itself.",
        zh: "*mqtt out* 的 `msg.payload` 或应答内容无法转换为字节：undefined、函数、包含自身的对象等。",
      },
      ONENET_TOPIC_INVALID: {
        en: "The topic breaks a rule of MQTT, or of OneNET (levels, characters).",
        zh: "主题不符合 MQTT 或 OneNET 的规则（层数、字符）。",
      },
      ONENET_TOPIC_FORBIDDEN: {
        en: "OneNET answers a publish to such a topic by closing the connection, for all nodes that share it. “Send anyway” in *mqtt out* switches the check off, for servers that differ.",
        zh: "发布到这样的主题，OneNET 会断开连接，影响所有共用此连接的节点。如果服务器的规则不同，可在 *mqtt out* 中勾选“仍然发送”以跳过检查。",
      },
      ONENET_QOS_UNSUPPORTED: {
        en: "OneNET knows QoS 0 and 1 and no retained messages. *mqtt out* can lower the message instead (“If not possible”).",
        zh: "OneNET 只支持 QoS 0 和 1，不支持保留消息。可以让 *mqtt out* 自动降低要求（“不支持时”）。",
      },
      ONENET_MESSAGE_INVALID: {
        en: "A property of the message that *mqtt out* reads (MQTT 5) has another type than it needs.",
        zh: "*mqtt out* 读取的消息属性（MQTT 5）类型不正确。",
      },
      ONENET_PROPERTY_UNRESOLVED: {
        en: "The expression in a field (JSONata, a context value) could not be evaluated for this message.",
        zh: "字段中的表达式（JSONata、上下文变量）无法对这条消息求值。",
      },
    },
  },
  {
    en: "Datapoints",
    zh: "数据点",
    codes: {
      ONENET_DATAPOINT_INVALID: {
        en: "Each datapoint is checked alone, before anything is sent. The good ones of the message go, unless “all or none” is set; `msg.onenet.failed` (in what is sent on) or `msg.error.cause.failed` lists the bad ones.",
        zh: "发送之前逐个检查数据点。同一条消息中正确的照常发送，除非选择了“全部发送或全不发送”；失败的列在 `msg.onenet.failed`（继续传递的消息）或 `msg.error.cause.failed` 中。",
      },
    },
  },
  ...THING_FAMILIES,
  COMMAND_FAMILY,
  ...GATEWAY_FAMILIES,
  {
    en: "Simulator",
    zh: "模拟器",
    codes: {
      ONENET_SIMULATOR_ADDRESS: {
        en: "Another program, or another Node-RED with a simulator, uses the port.",
        zh: "端口被其他程序或另一个带模拟器的 Node-RED 占用。",
      },
      ONENET_SIMULATOR_CONFLICT: {
        en: "Simulator nodes at one address are one simulator: what they say of the same product or of the address must agree.",
        zh: "同一地址的模拟器节点是同一个模拟器：对同一产品或地址的设置必须一致。",
      },
      ONENET_SIMULATOR_CONFIG: {
        en: "A setting of the simulator cannot be, as a key that is no base64.",
        zh: "模拟器的某项设置不正确，例如密钥不是 base64。",
      },
      ONENET_SIMULATOR_REQUEST: {
        en: "A message to the simulator node, or an argument of the `onenet-simulator` program, is not understood.",
        zh: "发给模拟器节点的消息，或 `onenet-simulator` 程序的参数，无法理解。",
      },
    },
  },
  ...STORE_FAMILIES,
  {
    en: "Ourselves",
    zh: "本软件包",
    codes: {
      ONENET_INTERNAL: {
        en: "A mistake in this package. The message it happened to has failed; the rest goes on.",
        zh: "本软件包的错误。相关的消息失败，其余照常工作。",
      },
    },
  },
];
