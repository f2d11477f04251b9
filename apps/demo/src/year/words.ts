import type { CaseKind } from '#libs/service-desk';
import type { Random } from './random.js';

const SURNAMES = [...'王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧'];
const GIVEN = [...'伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰鑫浩宇欣怡梓涵思琪子轩'];
const TRADES = ['便利店', '小吃店', '理发店', '药房', '书店', '洗衣店'];
const FIRMS = ['设计工作室', '会计师事务所', '软件公司', '贸易公司'];

/** A made-up name: 王思琪. */
export function personName(random: Random): string {
  return random.pick(SURNAMES) + random.pick(GIVEN) + (random.chance(70) ? random.pick(GIVEN) : '');
}

/** A made-up shop or firm. */
export function organizationName(random: Random, use: 'commercial' | 'office'): string {
  return random.pick(SURNAMES) + '记' + random.pick(use === 'commercial' ? TRADES : FIRMS);
}

/** A number that nobody has: its middle is all zeros. */
export function phoneNumber(random: Random): string {
  return `1380000${String(random.between(0, 9999)).padStart(4, '0')}`;
}

/** What customers say, by kind of case. */
export const SAID: Readonly<Record<CaseKind, readonly string[]>> = {
  complaint: [
    '楼上夜里装修太吵',
    '电梯又坏了',
    '楼道垃圾两天没有清',
    '地下车库灯不亮',
    '保安态度不好',
    '绿化带积水有异味',
  ],
  request: ['厨房水管漏水', '门禁卡失灵', '客厅插座没电', '下水道堵了', '楼道灯不亮', '窗户关不上', '燃气表读数不对'],
  dispute: ['这个月的物业费算错了', '面积与房产证不符', '没有享受过这项服务', '已经转账，账上没有'],
  suggestion: ['建议增加电动车充电桩', '希望儿童乐园铺软地垫', '建议快递柜移到东门', '希望晚上多巡逻一次'],
  incident: ['三号楼门口有陌生人徘徊', '地下室冒烟', '消防通道被车堵住', '二十层窗框松动'],
};
export const ANSWERS = [
  '已安排师傅上门',
  '已向您说明情况，今天处理',
  '已派保安到现场',
  '已报工程部，明早答复',
] as const;
export const PROGRESS = ['配件已经下单', '师傅今天到场检查', '等待厂家回复', '已约定上门时间'] as const;
export const QUESTIONS = ['请问什么时候方便上门？', '能否发一张照片？', '请提供转账凭证'] as const;
export const RESOLUTIONS = [
  '已修好',
  '已更换配件，测试正常',
  '已清理并拍照',
  '已与邻居沟通，约定时间',
  '已更正并退回差额',
] as const;
