namespace GpuGrants.Tests.Ledger;

/// <summary>What can be said of an order without looking at any account: each refusal names the field.</summary>
public class OrderShapeTests
{
    private static readonly Bank Bank = new(budget: 100);
    private static readonly Transfer Held = Bank.Do(Bank.Hold(10));

    public static TheoryData<string, string, string> Orders =>
        new()
        {
            { "no id", RefusalCodes.IdMissing, "id" },
            { "no reason", RefusalCodes.ReasonInvalid, "reason" },
            { "shouted reason", RefusalCodes.ReasonInvalid, "reason" },
            { "endless reason", RefusalCodes.ReasonInvalid, "reason" },
            { "expired award", RefusalCodes.ReasonReserved, "reason" },
            { "expired post", RefusalCodes.ReasonReserved, "reason" },
            { "nothing", RefusalCodes.AmountNotPositive, "amount" },
            { "less than nothing", RefusalCodes.AmountNotPositive, "amount" },
            { "a post of less than nothing", RefusalCodes.AmountNotPositive, "amount" },
            { "a posted transfer that expires", RefusalCodes.FieldNotAllowed, "expiresAt" },
            { "a posted transfer that ends a hold", RefusalCodes.FieldNotAllowed, "pendingId" },
            { "a hold without expiry", RefusalCodes.FieldRequired, "expiresAt" },
            { "a hold that corrects", RefusalCodes.FieldNotAllowed, "correctsId" },
            { "a post of no hold", RefusalCodes.FieldRequired, "pendingId" },
            { "a post that expires", RefusalCodes.FieldNotAllowed, "expiresAt" },
            { "a void that corrects", RefusalCodes.FieldNotAllowed, "correctsId" },
        };

    [Theory]
    [MemberData(nameof(Orders))]
    public void An_order_that_makes_no_sense_is_refused_by_its_field(string order, string code, string field)
    {
        var refusal = Bank.Refused(Order(order));
        Assert.Equal((code, field), (refusal.Code, refusal.Field));
        Assert.NotEmpty(refusal.Next);
    }

    private static TransferOrder Order(string name) =>
        name switch
        {
            "no id" => Bank.Award(1) with { Id = Guid.Empty },
            "no reason" => Bank.Award(1) with { Reason = "" },
            "shouted reason" => Bank.Award(1) with { Reason = "Award" },
            "endless reason" => Bank.Award(1) with { Reason = new string('a', 65) },
            "expired award" => Bank.Award(1) with { Reason = TransferReasons.Expired },
            "expired post" => Bank.Post(Held) with { Reason = TransferReasons.Expired },
            "nothing" => Bank.Award(0),
            "less than nothing" => Bank.Award(long.MinValue),
            "a post of less than nothing" => Bank.Post(Held, -1),
            "a posted transfer that expires" => Bank.Award(1) with { ExpiresAt = Bank.Now.AddDays(1) },
            "a posted transfer that ends a hold" => Bank.Award(1) with { PendingId = Held.Id },
            "a hold without expiry" => Bank.Hold(1) with { ExpiresAt = null },
            "a hold that corrects" => Bank.Hold(1) with { CorrectsId = Held.Id },
            "a post of no hold" => Bank.Post(Held) with { PendingId = null },
            "a post that expires" => Bank.Post(Held) with { ExpiresAt = Bank.Now.AddDays(1) },
            "a void that corrects" => Bank.Void(Held) with { CorrectsId = Held.Id },
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };
}
