"""Sentences about attachments."""
from __future__ import annotations

MESSAGES = {
    "attachment.no-file": "“{label}”：没有文件 {found}",
    "attachment.type": "“{label}”：不保存这种文件：{found}",
    "attachment.size": "“{label}”：{found} 超过 {most} MB",
    "attachment.jpeg": "“{label}”：{found} 不是能读的 JPEG 照片，无法去掉其中的拍摄位置",
    "attachment.import": "导入时不能带附件",
    "attachment.missing": "“{label}”：附件 {file} 不在",
    "attachment.changed": "“{label}”：附件 {file} 与登记时不同",
}

FIXES = {
    "attachment.no-file": "请写本机上文件的路径",
    "attachment.type": "可用：{allowed}",
    "attachment.size": "请先压缩，或在设置里调高 attachments.max_mb",
    "attachment.jpeg": "请用图片软件另存后再试",
    "attachment.import": "先导入记录，再用 logbook step 或 amend 补附件",
    "attachment.missing": "从备份或其他电脑的副本中取回",
    "attachment.changed": "取回原文件：git checkout HEAD -- {file}",
}
