using GpuGrants.Offers;

namespace GpuGrants.Requests;

/// <summary>Reasons that say which one change of an ask would pass.</summary>
public static class OtherChoice
{
    /// <summary>The reason when no offer suits and no single change would help.</summary>
    public static Reason None { get; } =
        new()
        {
            Code = "no-suitable-offer",
            Message =
                "No open offer of this programme has these GPUs, this memory, this region, this number of GPUs at once, and this "
                + "time. Accept other models or another region, or ask for fewer GPUs.",
            MessageKo =
                "이 프로그램에는 요청한 GPU, 메모리, 지역, 동시 GPU 수, 기간에 맞는 공개 오퍼가 없습니다. 다른 모델이나 지역을 허용하거나 GPU 수를 줄여 주십시오.",
            Field = "gpuModels",
            Retryable = true,
        };

    /// <summary>The reason that names the change.</summary>
    /// <param name="miss">The offer, with the change by which it serves the ask.</param>
    /// <param name="isOnlyWay">Whether no offer suits the ask as it is. Otherwise one does, and cannot serve it now.</param>
    public static Reason Of(NearMiss miss, bool isOnlyWay) =>
        new()
        {
            Code = isOnlyWay ? "no-suitable-offer" : "another-offer-passes",
            Message = (isOnlyWay ? "No open offer of this programme suits the request as it is. " : "") + English(miss),
            MessageKo = (isOnlyWay ? "이 프로그램에는 요청 조건에 그대로 맞는 공개 오퍼가 없습니다. " : "") + Korean(miss),
            Field = miss.Field,
            WouldPass = miss.Value,
            Retryable = true,
        };

    private static string English(NearMiss miss) =>
        miss.Field switch
        {
            "gpuModels" => $"The GPU model {miss.Value} would pass. Ask for it, or accept it too.",
            "minGpuMemoryGib" => $"GPUs with {miss.Value} GiB would pass. Ask for {miss.Value} GiB or less.",
            "region" => $"The region {miss.Value} would pass. Ask for it, or leave the region out.",
            "mode" => "Pooled hours would pass: no open offer has GPUs to reserve. Ask with the mode pooled.",
            "gpus" => $"{miss.Value} GPUs at once would pass. Ask for {miss.Value} or fewer.",
            "startsAt" => $"A start at {Moments.Text(miss.Ask.StartsAt)} would pass. Ask to start then.",
            _ => $"A duration of {miss.Value} days would pass. Ask for {miss.Value} days or fewer.",
        };

    private static string Korean(NearMiss miss) =>
        miss.Field switch
        {
            "gpuModels" => $"GPU 모델 {miss.Value} 요청은 가능합니다. 이 모델을 요청하시거나 함께 허용해 주십시오.",
            "minGpuMemoryGib" => $"메모리가 {miss.Value}GiB인 GPU 요청은 가능합니다. {miss.Value}GiB 이하로 요청해 주십시오.",
            "region" => $"지역 {miss.Value} 요청은 가능합니다. 이 지역을 요청하시거나 지역을 비워 주십시오.",
            "mode" => "예약할 수 있는 GPU가 있는 공개 오퍼가 없지만, 공유 시간(pooled) 요청은 가능합니다. 모드를 pooled로 요청해 주십시오.",
            "gpus" => $"동시에 GPU {miss.Value}개까지는 가능합니다. {miss.Value}개 이하로 요청해 주십시오.",
            "startsAt" => $"{Moments.Text(miss.Ask.StartsAt)} 시작은 가능합니다. 그때 시작하도록 요청해 주십시오.",
            _ => $"기간을 {miss.Value}일로 하면 가능합니다. {miss.Value}일 이하로 요청해 주십시오.",
        };
}
