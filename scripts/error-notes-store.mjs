/** The part of scripts/error-notes.mjs that is about messages on disk, and about the admin API. */
export const STORE_FAMILIES = [
  {
    en: "Message store",
    zh: "消息存储",
    codes: {
      ONENET_STORE_UNSUPPORTED: {
        en: "The connection keeps its messages on disk, which needs a newer Node.js. It does not connect, and every message fails with this code: nothing is taken that could not be kept as promised.",
        zh: "连接设为将消息存到磁盘，而这需要更新的 Node.js。连接不会打开，每条消息都以此代码失败：无法按承诺保存的消息不会收下。",
      },
      ONENET_STORE_LOCKED: {
        en: "Two Node-RED processes have the same user directory. The second one does not connect with a disk store.",
        zh: "两个 Node-RED 进程使用同一个用户目录。第二个进程中使用磁盘存储的连接不会打开。",
      },
      ONENET_STORE_UNWRITABLE: {
        en: "The user directory, or the folder `onenet` in it, cannot be written. The connection does not open.",
        zh: "用户目录或其中的 `onenet` 文件夹无法写入。连接不会打开。",
      },
      ONENET_STORE_CORRUPT: {
        en: "Told once when a damaged file was set aside. The connection works on with a new file, into which all messages that could be read were taken over.",
        zh: "损坏的文件被另存时报告一次。连接使用新文件继续工作，能够读出的消息都已转入新文件。",
      },
      ONENET_STORE_VERSION: {
        en: "A newer version of this package has written the file, and an older one was installed after it. The connection does not open, and the file is left as it is.",
        zh: "文件由本软件包的更新版本写入，之后又安装了旧版本。连接不会打开，文件保持原样。",
      },
      ONENET_STORE_FULL: {
        en: "The disk, or the file's share of it, is full. The message was not taken; what was taken before is safe.",
        zh: "磁盘已满，或文件已达到允许的大小。这条消息没有收下；之前收下的消息不受影响。",
      },
      ONENET_STORE_FAILED: {
        en: "The disk gave an error. The message it happened to was not taken.",
        zh: "磁盘出错。相关的消息没有收下。",
      },
    },
  },
  {
    en: "Admin API",
    zh: "管理 API",
    codes: {
      ONENET_PURGED: {
        en: "Somebody purged the queue through the admin API. Only messages whose senders were still waiting fail with it.",
        zh: "有人通过管理 API 清空了队列。只有发送方仍在等待的消息会以此代码失败。",
      },
      ONENET_CONNECTION_UNKNOWN: {
        en: "HTTP 404. `POST onenet/connections/<id>/…` names neither a connection nor a backlog on disk.",
        zh: "HTTP 404。`POST onenet/connections/<id>/…` 中的 id 既不是连接，也不是磁盘上的积压消息。",
      },
      ONENET_CONNECTION_IDLE: {
        en: "HTTP 409. The connection node exists, but no node uses it, so there is no connection to drain or to reconnect.",
        zh: "HTTP 409。连接节点存在，但没有节点使用它，因此没有可以 drain 或 reconnect 的连接。",
      },
      ONENET_ACTION_UNKNOWN: {
        en: "HTTP 404. The last part of the address is none of drain, purge and reconnect.",
        zh: "HTTP 404。地址的最后一段不是 drain、purge 或 reconnect。",
      },
      ONENET_REQUEST_FOREIGN: {
        en: "HTTP 403. A browser sent the request for some page, in a way that needs no permission: it could come from anywhere. Programs and same-site pages set a token or a JSON content type.",
        zh: "HTTP 403。请求由浏览器替某个网页发出，而且不需要任何许可，可能来自任何网站。程序和本站网页请带上 token，或将内容类型设为 JSON。",
      },
    },
  },
];
