using GpuGrants.Api.Json;
using GpuGrants.Units;

namespace GpuGrants.Api.Usage;

/// <summary>What a correction gave back and the grant could not keep. It returned to budget and offer at once.</summary>
public sealed record UsageReturnView
{
    internal const string GrantSettled = "grant-settled";
    internal const string LimitFilled = "limit-filled";
    internal const string HoursPromised = "hours-promised";

    /// <summary>Why time returns.</summary>
    public static IReadOnlyList<string> Reasons { get; } = [GrantSettled, LimitFilled, HoursPromised];

    public required long GpuSeconds { get; init; }

    /// <summary>
    /// grant-settled. Or limit-filled: a limit on used hours has no room for it in the grant's time. Or hours-promised: the offer promised
    /// the GPUs of that time to others.
    /// </summary>
    public required string Reason { get; init; }

    /// <summary>The same in words, in the language of <c>Accept-Language</c> (en or ko).</summary>
    public required string Message { get; init; }

    /// <summary>What is to be said of a return.</summary>
    /// <param name="gpuSeconds">What returned.</param>
    /// <param name="reason">One of <see cref="Reasons"/>.</param>
    /// <param name="language">en or ko.</param>
    /// <returns>Null when nothing returned.</returns>
    public static UsageReturnView? Of(long gpuSeconds, string reason, string language)
    {
        if (gpuSeconds == 0)
            return null;
        var hours = Wire.HoursText(GpuTime.FromSeconds(gpuSeconds));
        return new UsageReturnView
        {
            GpuSeconds = gpuSeconds,
            Reason = reason,
            Message = (reason, language) switch
            {
                (GrantSettled, "ko") => $"정산이 끝난 그랜트이므로 {hours} GPU시간이 프로그램으로 반환되었습니다.",
                (GrantSettled, _) => $"The grant is settled, so {hours} GPU-hours returned to the programme.",
                (HoursPromised, "ko") =>
                    $"오퍼가 남은 기간의 GPU를 다른 곳에 약속했으므로 {hours} GPU시간이 프로그램으로 반환되었습니다. 더 필요하면 새로 요청하세요.",
                (HoursPromised, _) =>
                    $"The offer promised the GPUs of the time that is left to others, so {hours} GPU-hours returned to the programme. "
                        + "Ask anew when more is needed.",
                (_, "ko") =>
                    $"사용 시간 한도에 남은 여유가 없어 {hours} GPU시간이 프로그램으로 반환되었습니다. 더 필요하면 새로 요청하세요.",
                _ => $"A limit on used hours has no room left, so {hours} GPU-hours returned to the programme. "
                    + "Ask anew when more is needed.",
            },
        };
    }
}
