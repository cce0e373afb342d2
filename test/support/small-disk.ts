import { execFileSync } from "node:child_process";
import { makeTempFolder, removeTempFolder } from "./temp-folder";

/** Makes a folder a file system of so much room, until {@link unmount}. Needs root. */
export function mountDisk(folder: string, mebibytes: number): void {
  const options = `size=${mebibytes}m,mode=0700`;
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "ignore" });
}

export function unmount(folder: string): void {
  execFileSync("umount", [folder]);
}

/** Whether a file system of a known size can be made here. */
export function canMount(): boolean {
  const folder = makeTempFolder("mount");
  try {
    mountDisk(folder, 1);
    unmount(folder);
    return true;
  } catch {
    return false;
  } finally {
    removeTempFolder(folder);
  }
}
