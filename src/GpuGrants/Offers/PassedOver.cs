namespace GpuGrants.Offers;

/// <summary>Why an offer of the programme does not serve a request, in words for the applicant.</summary>
/// <param name="Code">Stable name of the reason.</param>
/// <param name="Message">One sentence in English.</param>
/// <param name="MessageKo">The same in Korean.</param>
public sealed record PassedOver(string Code, string Message, string MessageKo)
{
    /// <summary>An offer that suits and comes later in the order of prices.</summary>
    public static PassedOver Dearer { get; } =
        new("dearer", "Another offer serves the request at a lower or equal rate.", "다른 오퍼가 같거나 더 낮은 요율로 제공합니다.");

    /// <summary>An offer that suits, of a provider of whose GPU time a larger part is promised.</summary>
    public static PassedOver ServedMore { get; } =
        new("provider-served-more", "It is another provider's turn.", "이번에는 다른 제공자의 차례입니다.");

    /// <summary>An offer that suits and was not tried: it is sold out, or behind those that were tried.</summary>
    public static PassedOver NotTried { get; } =
        new("not-tried", "It is sold out, or others were tried before it.", "이 오퍼는 소진되었거나 앞선 오퍼들이 먼저 확인되었습니다.");

    /// <summary>An offer that does not suit.</summary>
    /// <param name="mismatch">Why.</param>
    /// <returns>The reason, with what the offer has where a field of the ask is at fault.</returns>
    public static PassedOver Of(OfferMismatch mismatch, Offer offer) =>
        mismatch switch
        {
            OfferMismatch.NotOpen => new(
                "offer-not-open",
                "The offer, or its provider, serves nobody now.",
                "이 오퍼 또는 제공자가 지금은 제공하지 않습니다."
            ),
            OfferMismatch.NotForApplicant => new(
                "organization-not-served",
                "The provider serves other kinds of organizations, or other countries.",
                "이 제공자는 다른 종류의 조직 또는 다른 국가를 대상으로 합니다."
            ),
            OfferMismatch.OtherModel => new(
                "other-model",
                $"It has {offer.GpuModelId}.",
                $"이 오퍼의 GPU 모델은 {offer.GpuModelId}입니다."
            ),
            OfferMismatch.TooLittleMemory => new(
                "too-little-memory",
                $"Its GPUs have {offer.GpuMemoryGib} GiB.",
                $"이 오퍼의 GPU 메모리는 {offer.GpuMemoryGib}GiB입니다."
            ),
            OfferMismatch.OtherRegion => new("other-region", $"It is in {offer.Region}.", $"이 오퍼의 지역은 {offer.Region}입니다."),
            OfferMismatch.TooFewGpus => new(
                "too-many-gpus",
                $"A grant on it runs at most {offer.MaxGpus} GPUs at once.",
                $"이 오퍼에서는 GPU를 동시에 최대 {offer.MaxGpus}개까지 사용합니다."
            ),
            OfferMismatch.NothingToReserve => new(
                "nothing-to-reserve",
                "It has GPU-hours without dates, and no GPUs to reserve.",
                "이 오퍼는 날짜가 정해지지 않은 GPU시간만 제공하므로 예약할 GPU가 없습니다."
            ),
            OfferMismatch.StartsTooLate => new(
                "starts-too-late",
                "It starts after the grant would.",
                "이 오퍼는 지원 시작 시점보다 늦게 시작합니다."
            ),
            OfferMismatch.EndsTooEarly => new(
                "ends-too-early",
                "It ends before the grant would.",
                "이 오퍼는 지원 종료 시점보다 먼저 종료됩니다."
            ),
            _ => throw new InvalidOperationException($"{mismatch}"),
        };
}
