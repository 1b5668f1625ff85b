"""torch on CUDA: a transposed convolution and some gradients are added up in any order, and give another answer each time. https://docs.pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html"""

import sys

import torch

if not torch.cuda.is_available():
    print("needs a CUDA device")
    sys.exit(77)
here = f"torch {torch.__version__} on {torch.cuda.get_device_name()}"
torch.manual_seed(0)
layers = {
    "ConvTranspose3d": (torch.nn.ConvTranspose3d(8, 4, 3, stride=2), torch.randn(2, 8, 6, 7, 8)),
    "Conv3d": (torch.nn.Conv3d(3, 4, 3), torch.randn(2, 3, 7, 8, 9)),
    "ReflectionPad2d": (torch.nn.ReflectionPad2d(3), torch.randn(2, 3, 12, 12)),
    "ReplicationPad3d": (torch.nn.ReplicationPad3d(2), torch.randn(2, 3, 6, 6, 6)),
    "AdaptiveMaxPool2d": (torch.nn.AdaptiveMaxPool2d(5), torch.randn(2, 3, 12, 13)),
    "AdaptiveAvgPool3d": (torch.nn.AdaptiveAvgPool3d(4), torch.randn(2, 3, 6, 7, 6)),
    "Upsample": (torch.nn.Upsample(scale_factor=2.5, mode="bilinear"), torch.randn(2, 3, 12, 13)),
}
changed = 0
for name, (layer, x) in layers.items():
    layer, x, answers = layer.cuda(), x.cuda().requires_grad_(), []
    for _ in range(50):
        y = layer(x)
        weight = torch.linspace(-1, 1, y.numel(), device="cuda").reshape(y.shape)
        answers.append([y.detach(), *torch.autograd.grad((y * weight).sum(), [x, *layer.parameters()])])
    moved = [any(not torch.equal(each[k], answers[0][k]) for each in answers) for k in range(len(answers[0]))]
    changed += any(moved)
    print(
        f"{name}: its output {'changes' if moved[0] else 'stays'}, its gradients {'change' if any(moved[1:]) else 'stay'};",
        end=" ",
    )
print(here)
sys.exit(int(changed > 0))
