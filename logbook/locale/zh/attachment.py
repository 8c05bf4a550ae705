"""Sentences about attachments."""
from __future__ import annotations

MESSAGES = {
    "attachment.no-file": "“{label}”：没有文件 {found}",
    "attachment.type": "“{label}”：不保存这种文件：{found}",
    "attachment.size": "“{label}”：{found} 超过 {most} MB",
    "attachment.picture": "“{label}”：{found} 不是能读完整的 {kind} 照片，无法去掉其中的拍摄位置",
    "attachment.heic": "“{label}”：{found} 是一种我们读不懂的 HEIC 照片，无法去掉其中的拍摄位置",
    "attachment.other-type": "“{label}”：{found} 的后缀是 .{claimed}，内容却是 {really}",
    "attachment.not-type": "“{label}”：{found} 的后缀是 .{claimed}，内容却不是",
    "attachment.orphan": "没有记录用到 {file}",
    "attachment.import": "导入时不能带附件",
    "attachment.missing": "“{label}”：附件 {file} 不在",
    "attachment.changed": "“{label}”：附件 {file} 与登记时不同",
}

FIXES = {
    "attachment.no-file": "请写本机上文件的路径",
    "attachment.type": "可用：{allowed}",
    "attachment.size": "请先压缩，或在设置里调高 attachments.max_mb",
    "attachment.picture": "请用图片软件另存后再试",
    "attachment.heic": "请另存为 JPEG：用图片软件，或让手机直接拍 JPEG（iPhone：设置、相机、格式、兼容性最佳）",
    "attachment.other-type": "如果正是这个文件，把后缀改成 .{ending}；否则看看是不是选错了",
    "attachment.not-type": "看看能不能打开，再另存为 .{claimed}",
    "attachment.orphan": "手工放进去的文件应归到一条记录：logbook amend 编号 字段=文件；留着也不要紧",
    "attachment.import": "先导入记录，再用 logbook step 或 amend 补附件",
    "attachment.missing": "从备份或其他电脑的副本中取回",
    "attachment.changed": "取回原文件：git checkout HEAD -- {file}",
}
